"""MEME files: what is written is read again, and what is wrong is named with its line."""

import gzip

import numpy as np
import pytest

from sklearn_attngen.inspection import Motif, read_meme, write_meme
from sklearn_attngen.sequences import Alphabet, get_alphabet

FILE = """MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies (from uniform background):
A 0.3 C 0.2
G 0.2 T 0.3

MOTIF MA1 first one
letter-probability matrix: alength= 4 w= 2 nsites= 20 E= 0
 0.2 0.8 0 0
 1.0 0.0 0 0

URL http://example.org/

MOTIF MA2
log-odds matrix: alength= 4 w= 1 E= 0
 12 -3 4 5

letter-probability matrix: alength= 4 w= 1
0.25\t0.25\t0.25\t0.25
"""


@pytest.fixture
def write(tmp_path):
    def write_text(text, name="motifs.meme"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write_text


def test_reads_what_the_format_allows(write):
    first, second = read_meme(write(FILE))
    assert (first.name, first.description, first.n_sites) == ("MA1", "first one", 20)
    np.testing.assert_allclose(first.probabilities, [[0.2, 0.8, 0, 0], [1, 0, 0, 0]])
    np.testing.assert_allclose(first.background, [0.3, 0.2, 0.2, 0.3])
    assert (second.name, second.description, second.n_sites) == ("MA2", "", None)
    assert second.width == 1


def test_a_background_goes_by_its_letters(write):
    """Whatever their order."""
    motif = read_meme(write(FILE.replace("A 0.3 C 0.2\nG 0.2 T 0.3", "G 0.4 T 0.1 A 0.3 C 0.2")))[0]
    np.testing.assert_allclose(motif.background, [0.3, 0.2, 0.4, 0.1])


def test_reads_compressed_files_whatever_they_are_called(tmp_path):
    path = tmp_path / "motifs.txt"
    path.write_bytes(gzip.compress(FILE.encode()))
    assert [motif.name for motif in read_meme(str(path))] == ["MA1", "MA2"]


def test_alphabets_are_named_by_their_letters(write):
    rna = FILE.replace("ACGT", "ACGU").replace("T 0.3", "U 0.3")
    assert read_meme(write(rna))[0].alphabet.name == "RNA"


DNA = """ALPHABET "DNA" DNA-LIKE
A "Adenine" CC0000 ~ T "Thymine" 008000
C "Cytosine = C" 0000CC ~ G "Guanine ~" FFB300
# a comment
N "Any base" = ACGT

U = T
END ALPHABET"""


def test_alphabets_are_defined_as_dreme_does(write):
    text = FILE.replace("ALPHABET= ACGT", DNA)
    for motif, other in zip(read_meme(write(text)), read_meme(write(FILE)), strict=True):
        assert motif.alphabet is get_alphabet("DNA")
        np.testing.assert_array_equal(motif.probabilities, other.probabilities)
        np.testing.assert_array_equal(motif.background, other.background)
    own = "MEME version 4\n\nALPHABET\n1\n-\nH\nEND ALPHABET\n\nMOTIF m\n"
    own += "letter-probability matrix: alength= 3 w= 1\n1 0 0\n"
    assert read_meme(write(own))[0].alphabet.letters == "H1-"


def test_matrices_of_twenty_letters_are_protein_where_no_alphabet_is_named(write):
    """The line is optional in the format; other alphabets than DNA and protein need it."""
    matrix = "MEME version 4\n\nMOTIF m\nletter-probability matrix: alength= {n} w= 1\n{row}\n"
    motif = read_meme(write(matrix.format(n=20, row="0 1" + " 0" * 18)))[0]
    assert motif.alphabet.name == "protein"
    assert motif.consensus == "C"
    with pytest.raises(ValueError, match=r"line 4: .*alength= 3.*'ALPHABET= ACGU'"):
        read_meme(write(matrix.format(n=3, row="1 0 0")))


def test_the_description_ends_before_what_meme_counts(write):
    counted = "MOTIF MA1 MEME-1\twidth =   2  sites =  17  llr = 171  E-value = 3.1e-004"
    assert read_meme(write(FILE.replace("MOTIF MA1 first one", counted)))[0].description == "MEME-1"


@pytest.mark.parametrize("name", ["out.meme", "out.meme.gz"])
def test_round_trip(tmp_path, name):
    rng = np.random.default_rng(0)
    background = [0.3, 0.2, 0.2, 0.3]
    motifs = [
        Motif(f"m{i}", rng.dirichlet([0.5] * 4, 3 + i), "DNA", "some text", 10 * i, background)
        for i in range(4)
    ]
    write_meme(motifs, tmp_path / name)
    again = read_meme(tmp_path / name)
    for motif, other in zip(motifs, again, strict=True):
        np.testing.assert_allclose(other.probabilities, motif.probabilities, atol=1e-9)
        np.testing.assert_allclose(other.background, motif.background)
        assert other.name == motif.name
        assert other.description == motif.description
        assert other.n_sites == motif.n_sites
    assert (tmp_path / name).read_bytes().startswith(b"\x1f\x8b") == name.endswith("gz")


def test_a_description_stays_in_its_line(tmp_path):
    """A line break in it would start a line of the format, such as that of another motif."""
    motif = Motif("m", [[1, 0, 0, 0]], description="one\nMOTIF  two")
    write_meme(motif, tmp_path / "m.meme")
    (again,) = read_meme(tmp_path / "m.meme")
    assert (again.name, again.description) == ("m", "one MOTIF two")


def test_reads_files_with_a_byte_order_mark(tmp_path):
    (tmp_path / "m.meme").write_text(FILE, encoding="utf-8-sig")
    assert len(read_meme(tmp_path / "m.meme")) == 2


def test_strands_are_written_where_there_are_two(tmp_path):
    """RNA has complements, and is read on one strand."""
    for alphabet, both in (("DNA", True), ("RNA", False), ("protein", False)):
        n_letters = len(get_alphabet(alphabet).letters)
        write_meme(Motif("m", np.eye(n_letters)[:2], alphabet), tmp_path / "x")
        assert ("strands: + -" in (tmp_path / "x").read_text()) == both


def test_round_trip_of_proteins(tmp_path):
    write_meme(Motif("m", np.eye(20)[[3, 5]], "protein"), tmp_path / "p.meme")
    (motif,) = read_meme(tmp_path / "p.meme")
    assert (motif.alphabet.name, motif.consensus) == ("protein", "EG")
    assert "strands" not in (tmp_path / "p.meme").read_text()


METHYL = Alphabet('"m" sites', "TGMWCA", "N?", "ACWMGTN?")


@pytest.mark.parametrize(
    ("alphabet", "block"),
    [
        ("PH", 'ALPHABET "PH"\nH\nP\nX = HP\nEND ALPHABET\n'),
        ("H2-", 'ALPHABET "H2-"\nH\n2\n-\nX = H2-\nEND ALPHABET\n'),
        ("acgt-", 'ALPHABET "acgt-"\nA\nC\nG\nT\n-\nN = ACGT-\nEND ALPHABET\n\nBack'),
        (
            METHYL,
            r'ALPHABET "\"m\" sites"'
            "\nA ~ T\nC ~ G\nM ~ W\nN = ACGMTW\nEND ALPHABET\n\nstrands: + -\n",
        ),
    ],
    ids=["letters", "signs", "own complement", "complements"],
)
def test_other_alphabets_are_defined_line_by_line(tmp_path, alphabet, block):
    """MEME knows the letters of DNA, RNA and protein alone, and sorts those of others."""
    alphabet = get_alphabet(alphabet)
    shares = np.random.default_rng(0).dirichlet(np.ones(alphabet.n_letters), 3)
    motif = Motif("m", shares[1:], alphabet, background=shares[0])
    write_meme(motif, tmp_path / "m.meme")
    assert block in (tmp_path / "m.meme").read_text()
    (again,) = read_meme(tmp_path / "m.meme")
    assert again.alphabet.letters != alphabet.letters or alphabet.letters in ("H2-", "ACGT-")
    order = [alphabet.letters.index(letter) for letter in again.alphabet.letters]
    np.testing.assert_allclose(again.probabilities, motif.probabilities[:, order], atol=1e-9)
    np.testing.assert_allclose(again.background, motif.background[order])
    assert again.alphabet.double_stranded == alphabet.double_stranded
    if alphabet.complements is not None:
        turned = motif.reverse_complement().probabilities[:, order]
        np.testing.assert_allclose(again.reverse_complement().probabilities, turned, atol=1e-9)


def test_dna_in_another_order_is_written_in_that_of_meme(tmp_path):
    """With its letters in front, MEME would take the columns for those of ACGT."""
    write_meme(Motif("m", [[0.7, 0.1, 0.2, 0]], "TGCA"), tmp_path / "m.meme")
    (motif,) = read_meme(tmp_path / "m.meme")
    assert motif.alphabet is get_alphabet("DNA")
    np.testing.assert_allclose(motif.probabilities, [[0, 0.2, 0.1, 0.7]])


def test_letters_that_the_format_lacks_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"no letter '\+' of the alphabet A\+: .* another letter"):
        write_meme(Motif("m", [[1, 0]], "A+"), tmp_path / "m.meme")


def test_complements_of_a_definition_are_read(write):
    """As in MEME's own example of modified bases; names may hold what separates."""
    block = (
        'ALPHABET "DNA with Methyl Sites" DNA-LIKE\n# Core symbols\nA "Adenine" CC0000 ~ T\n'
        'C "Cyto \\"~\\" # sine" 0000CC ~ G "Guanine" FFB300\n'
        'M "Methylated C" FF00FF ~ W "G opposite" FFCCCC\nU = T # alias\nZ = CM\nEND ALPHABET\n'
    )
    text = f"MEME version 4\n\n{block}\nMOTIF m\n"
    text += "letter-probability matrix: alength= 6 w= 1\n0 0 0 1 0 0\n"
    (motif,) = read_meme(write(text))
    assert motif.alphabet.letters == "ACGMTW"
    assert motif.reverse_complement().consensus == "W"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("MEME version 4", "", "no line 'MEME version 4'"),
        ("MOTIF", "motive", "line 12: a matrix stands before"),
        ("MOTIF MA1 first one", "MOTIF", "line 11: a motif has no name"),
        ("alength= 4 w= 2", "alength= 5 w= 2", "line 12: motif MA1 has alength= 5"),
        ("w= 2 ", "w= 3 ", "line 12: motif MA1 says w= 3, but has 2 rows"),
        (" 0.2 0.8 0 0", " 0.2 0.8 0", "line 13: a row of motif MA1 has 3 numbers"),
        (" 0.2 0.8 0 0", " 0.2 0.9 0 0", r"line 12: .* position 0 \(0-based\) holds"),
        (" 0.2 0.8 0 0", " 0.2 0.8 0 x", "line 13: a row of motif MA1 holds no number"),
        (
            " 0.2 0.8 0 0",
            " nan 0.8 0 0",
            "line 13: .*'nan 0.8 0 0', and .* must be finite. Take",
        ),
        (" 1.0 0.0 0 0", " 1.0 inf 0 0", "line 14: .* must be finite"),
        (" 1.0 0.0", "\n 1.0 0.0", "line 14: a blank line stands inside .* MA1. Take it out"),
        ("w= 2 nsites= 20 E= 0\n 0.2 0.8 0 0", "\n 0.2 0.8 0 0\n", "line 14: a blank line"),
        ("nsites= 20", "nsites= many", "line 12: nsites= many"),
        ("nsites= 20", "nsites= inf", "line 12: nsites= inf"),
        ("G 0.2 T 0.3", "G 0.2 N 0.3", "line 9: the background must hold"),
        ("T 0.3", "T 0.0", "line 9: background frequencies must be above 0"),
        ("ALPHABET= ACGT", 'ALPHABET "DNA" DNA-LIKE', "line 3: an alphabet must be given by"),
        ("ALPHABET= ACGT", "ALPHABET\nA\nC # A\na = AC\nA\nEND ALPHABET", "line 8: .* distinct"),
        ("ALPHABET= ACGT", "ALPHABET= AACG", "line 3: .* distinct"),
        (
            "letter-probability matrix: alength= 4 w= 1\n0.25\t0.25\t0.25\t0.25\n",
            "",
            "line 18: motif MA2 has no letter-probability matrix",
        ),
        ("\n 0.2 0.8 0 0\n 1.0 0.0 0 0", "", "line 12: motif MA1 says w= 2, but has 0 rows"),
    ],
)
def test_errors_name_the_line(write, old, new, message):
    assert old in FILE
    with pytest.raises(ValueError, match=message):
        read_meme(write(FILE.replace(old, new)))


def test_files_of_another_kind(write, tmp_path):
    with pytest.raises(ValueError, match="holds no motif"):
        read_meme(write("MEME version 4\n"))
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="is not a text file"):
        read_meme(tmp_path / "x")


def test_a_line_of_dashes_ends_a_matrix(write):
    """As MEME itself writes below each of its matrices."""
    first, second = read_meme(write(FILE.replace(" 1.0 0.0 0 0\n", " 1.0 0.0 0 0\n--------\n")))
    assert (first.width, second.width) == (2, 1)


def test_latin_1_is_told_with_its_line_and_the_way_out(tmp_path):
    path = tmp_path / "m.meme"
    path.write_bytes(FILE.replace("first one", "g\xe8ne").encode("latin-1"))
    with pytest.raises(ValueError, match=r"line 11: the byte 0xe8 .* Latin-1; write it anew with"):
        read_meme(path)
    path.write_text(path.read_text("latin-1"), encoding="utf-8")  # what the message says
    assert read_meme(path)[0].description == "g\xe8ne"


def test_a_damaged_file(tmp_path):
    whole = gzip.compress(FILE.encode())
    for data in (whole[:30], whole[:20] + b"?" * 20):
        (tmp_path / "m.gz").write_bytes(data)
        with pytest.raises(ValueError, match="is compressed with gzip and damaged"):
            read_meme(tmp_path / "m.gz")


def test_what_cannot_be_written(tmp_path):
    motif = Motif("m", [[1, 0, 0, 0]])
    with pytest.raises(ValueError, match="no motifs to write"):
        write_meme([], tmp_path / "x")
    with pytest.raises(ValueError, match="Two motifs have the name m"):
        write_meme([motif, motif], tmp_path / "x")
    with pytest.raises(ValueError, match="one alphabet"):
        write_meme([motif, Motif("r", [[1, 0, 0, 0]], "RNA")], tmp_path / "x")
    for share in (0.4, 0.251):
        other = Motif("b", [[1, 0, 0, 0]], background=[share, 0.5 - share, 0.5 - share, share])
        with pytest.raises(ValueError, match="different backgrounds"):
            write_meme([motif, other], tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_shares_of_two_digits_are_rounded(write):
    """A third of 0.33 three times is no slip; half of a share that is missing is."""
    rounded = FILE.replace(" 0.2 0.8 0 0", " 0.33 0.33 0.33 0.00")
    motif = read_meme(write(rounded))[0]
    np.testing.assert_allclose(motif.probabilities[0], [1 / 3, 1 / 3, 1 / 3, 0])
    with pytest.raises(ValueError, match="sum"):
        read_meme(write(FILE.replace(" 0.2 0.8 0 0", " 0.33 0.33 0.30 0.00")))
    with pytest.raises(ValueError, match="sum"):
        read_meme(write(FILE.replace(" 0.2 0.8 0 0", " 0.330 0.330 0.330 0.000")))


@pytest.mark.parametrize(("digits", "n_letters"), [(2, 4), (3, 4), (4, 20)])
def test_rounded_shares_are_read(write, digits, n_letters):
    """Whatever their number of digits: HOMER writes three, whose sums are off by up to 0.002."""
    alphabet = "ACGT" if n_letters == 4 else "ACDEFGHIKLMNPQRSTVWY"
    shares = np.random.default_rng(0).dirichlet(np.ones(n_letters), 300)
    rows = "\n".join(" ".join(f"{x:.{digits}f}" for x in row) for row in shares)
    text = f"MEME version 4\n\nALPHABET= {alphabet}\n\nMOTIF m\n"
    text += f"letter-probability matrix: alength= {n_letters} w= 300\n{rows}\n"
    motif = read_meme(write(text))[0]
    np.testing.assert_allclose(motif.probabilities, shares, atol=1.2 * 10.0**-digits)
