"""FASTA files are read whole or refused with file and line."""

import gzip
import io
import re
import time
from collections import deque
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_attngen.datasets import read_fasta, write_fasta

TEXT = ">seq1 class=EI first\nACGT\nacgN\n\n>seq2\tclass=IE\nTT\n"


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "two.fa"
    path.write_text(TEXT)
    return path


def check_two(records):
    assert records.data.tolist() == ["ACGTacgN", "TT"]
    assert records.names.tolist() == ["seq1", "seq2"]
    assert records.descriptions.tolist() == ["seq1 class=EI first", "seq2\tclass=IE"]
    assert records.target is None
    for key in ("data", "names", "descriptions"):
        assert records[key].dtype == object


def test_kinds_of_sources(fasta):
    """A str, a Path, text and binary file objects, and gzipped bytes are read alike."""
    packed = fasta.with_name("no_gz_suffix")
    packed.write_bytes(gzip.compress(fasta.read_bytes()))
    check_two(read_fasta(fasta))
    check_two(read_fasta(str(fasta)))
    check_two(read_fasta(packed))
    check_two(read_fasta([fasta]))
    with fasta.open() as text_file, fasta.open("rb") as binary_file, packed.open("rb") as gz_file:
        check_two(read_fasta(text_file))
        check_two(read_fasta(binary_file))
        check_two(read_fasta(gz_file))
    check_two(read_fasta(io.StringIO(TEXT)))


def test_plain_file_named_gz(tmp_path):
    """The first bytes decide, not the name."""
    path = tmp_path / "plain.fa.gz"
    path.write_text(TEXT)
    check_two(read_fasta(path))


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_breaks_and_byte_order_mark(tmp_path, line_break, mark):
    """Files from all systems read alike, blanks at the ends of lines included."""
    path = tmp_path / "system.fa"
    text = mark + "\n" + TEXT.replace("ACGT\n", "ACGT \n")
    path.write_bytes(text.replace("\n", line_break).encode())
    check_two(read_fasta(path))


def test_several_files_keep_their_order(fasta, tmp_path):
    """A list is read in order; names may repeat."""
    other = tmp_path / "other.fa"
    other.write_text(">seq1\nGGG\n")
    records = read_fasta([other, fasta])
    assert records.data.tolist() == ["GGG", "ACGTacgN", "TT"]
    assert records.names.tolist() == ["seq1", "seq1", "seq2"]


def test_labels_from_headers(fasta):
    """The first group, or the group called label, is the label."""
    assert read_fasta(fasta, label_pattern=r"class=(\w+)").target.tolist() == ["EI", "IE"]
    named = re.compile(r"(seq)(?P<label>\d)")
    assert read_fasta(fasta, label_pattern=named).target.tolist() == ["1", "2"]


def test_labels_from_files(fasta, tmp_path):
    """The keys of a dict are the labels; values may be lists; keys may be numbers."""
    other = tmp_path / "other.fa"
    other.write_text(">a\nGGG\n")
    records = read_fasta({"mixed": [fasta, other], "g": other})
    assert records.target.tolist() == ["mixed"] * 3 + ["g"]
    assert records.target.dtype == object
    numbers = read_fasta({1: other, 0: other}).target
    assert numbers.dtype.kind == "i"
    assert numbers.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("\nACGT\n>a\nAC\n", 2, "'ACGT' stands before the first header"),
        ("ACGT\n", 1, "stands before the first header"),
        ("@a\nACGT\n+\nIIII\n", 1, "'@a' stands before .* looks like FASTQ"),
        (">a\nAC\n>b\n\n>c\nGG\n", 3, "the record 'b' has no sequence"),
        (">a\nAC\n>b", 3, "the record 'b' has no sequence"),
        (">a\nAC GT\n", 2, "white space inside a sequence line, 'AC GT'"),
        (">a\nAC\nGT>b\nTT\n", 3, "'>' inside a sequence line, 'GT>b'"),
        (">a\nAC\n;comment\n", 3, "';' inside a sequence line"),
        (">a\nAC\n >b\nTT\n", 3, "'>' inside a sequence line"),
    ],
)
def test_broken_files(tmp_path, text, line, message):
    """What is no FASTA is refused with file and line."""
    path = tmp_path / "broken.fa"
    path.write_text(text)
    with pytest.raises(ValueError, match=re.escape(f"broken.fa, line {line}: ") + ".*" + message):
        read_fasta(path)


def test_line_numbers_with_windows_line_breaks(tmp_path):
    """Carriage returns do not shift the line numbers."""
    path = tmp_path / "broken.fa"
    path.write_bytes(b">a\r\nAC\r\n\r\n>b\r\n>c\r\nGG\r\n")
    with pytest.raises(ValueError, match=r"broken\.fa, line 4: the record 'b'"):
        read_fasta(path)


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_empty_file(tmp_path, text):
    """An empty file is an error, not an empty data set."""
    path = tmp_path / "empty.fa"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"empty\.fa: there is no FASTA record"):
        read_fasta(path)


@pytest.mark.parametrize("nothing", [[], {}])
def test_no_file(nothing):
    """No file at all is an error as well."""
    with pytest.raises(ValueError, match="no file to read"):
        read_fasta(nothing)


@pytest.mark.parametrize(
    "labels", [(1, "two"), ("one", 2.0), (None, "two"), (None,), ((1, 2), (3, 4))]
)
def test_labels_of_files_are_of_one_kind(fasta, labels):
    """An array would turn numbers beside text into text, and nobody would be told."""
    with pytest.raises(ValueError, match=r"all text or all numbers, got \["):
        read_fasta(dict.fromkeys(labels, fasta))


@pytest.mark.parametrize("labels", [(1, 0), (0.5, 2), (True, False), (np.int64(3), 4)])
def test_numbers_label_files(fasta, labels):
    """And stay numbers."""
    target = read_fasta(dict.fromkeys(labels, fasta)).target
    assert target.dtype.kind in "bif"
    assert target.tolist() == [label for label in labels for _ in range(2)]


def test_label_pattern_without_match(fasta):
    """A header without a label is named; an optional group that is empty counts as none."""
    with pytest.raises(ValueError, match=r"two\.fa, line 5: label_pattern .* finds no label"):
        read_fasta(fasta, label_pattern=r"class=(EI)|first|(IX)")


def test_label_pattern_that_is_none(fasta):
    """The parameter is named."""
    with pytest.raises(ValueError, match=r"label_pattern is no regular expression: '\(\('"):
        read_fasta(fasta, label_pattern="((")
    with pytest.raises(ValueError, match=r"label_pattern is no regular expression: \['class'\]"):
        read_fasta(fasta, label_pattern=["class"])
    with pytest.raises(ValueError, match="label_pattern is no regular expression: b'class"):
        read_fasta(fasta, label_pattern=b"class=(.)")


def test_label_pattern_without_group(fasta):
    """A pattern that captures nothing cannot give labels."""
    with pytest.raises(ValueError, match="must have a group"):
        read_fasta(fasta, label_pattern=r"class=\w+")


def test_labels_from_both(fasta):
    """Two sources of labels contradict each other."""
    with pytest.raises(ValueError, match="not from both"):
        read_fasta({"a": fasta}, label_pattern="(.)")


@pytest.mark.parametrize(
    ("alphabet", "message"),
    [
        ("RNA", r"line 2, column 4 \(counted from 1\): 'T' .* alphabet RNA\..*alphabet='DNA'"),
        ("AC", r"line 2, column 3 \(counted from 1\): 'G' is not a letter"),
    ],
)
def test_alphabet_names_file_line_and_letter(fasta, alphabet, message):
    """The first wrong letter is located, with a remedy."""
    with pytest.raises(ValueError, match=r"two\.fa, " + message):
        read_fasta(fasta, alphabet=alphabet)


def test_alphabet_accepts_lower_case_and_ambiguity(fasta):
    """Soft masking and IUPAC letters are fine, and come back as they are."""
    check_two(read_fasta(fasta, alphabet="DNA"))
    rna = io.StringIO(">a\nACGX\n>b\nACGU\n")
    with pytest.raises(ValueError, match="line 2, column 4"):
        read_fasta(rna, alphabet="RNA")


def test_uracil_in_dna_names_the_remedy():
    """U means RNA."""
    with pytest.raises(ValueError, match=r"line 3, column 1.*alphabet='RNA'"):
        read_fasta(io.StringIO(">a\nACG\nU\n"), alphabet="DNA")


@pytest.mark.parametrize(
    ("letter", "alphabet", "message"),
    [
        ("-", "DNA", r"line 2, column 3 .*Remove gaps .*alphabet='ACGT-'"),
        (".", "RNA", r"Remove gaps .*alphabet='ACGU\.'"),
        ("*", "protein", r"Strip the stop sign, or .*alphabet='ACDEFGHIKLMNPQRSTVWY\*'"),
        ("?", "DNA", "Correct the file or read it with alphabet=None"),
    ],
)
def test_signs_that_are_no_letters_name_the_remedy(letter, alphabet, message):
    """The classifiers refuse a gap or a stop too: to read it with any letters helps nobody."""
    with pytest.raises(ValueError, match=message):
        read_fasta(io.StringIO(f">a\nAC{letter}A\n"), alphabet=alphabet)


@pytest.mark.parametrize("cut", [5, 20, -8, -1])
def test_damaged_gzip(tmp_path, cut):
    """A cut-off gzip stream never gives part of the records."""
    path = tmp_path / "cut.fa.gz"
    path.write_bytes(gzip.compress(TEXT.encode())[:cut])
    with pytest.raises(OSError, match=r"cut\.fa\.gz: the gzip stream is damaged or cut off"):
        read_fasta(path)


def test_binary_file(tmp_path):
    """A file that is no text is named as such, with the line."""
    path = tmp_path / "binary.fa"
    path.write_bytes(b">a\nACGT\n\xff\xfe\n")
    with pytest.raises(ValueError, match=r"binary\.fa, line 3: the file is not a text file"):
        read_fasta(path)
    path.write_bytes(b">na\xefve\nACGT\n")
    assert read_fasta(path, encoding="latin-1").names.tolist() == ["naïve"]


@pytest.mark.parametrize("path", [3, {1, 2}, ["a.fa", 3], {"a": {"b": "c.fa"}}])
def test_wrong_types(path):
    """Anything that cannot be files is a TypeError."""
    with pytest.raises(TypeError, match="must"):
        read_fasta(path)


def test_missing_file(tmp_path):
    """A missing file is a FileNotFoundError."""
    with pytest.raises(FileNotFoundError):
        read_fasta(tmp_path / "none.fa")


LETTERS = st.text(alphabet="ACGTNacgtn", min_size=1, max_size=30)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(
    sequences=st.lists(LETTERS, min_size=1, max_size=6),
    line_width=st.integers(1, 40),
    packed=st.booleans(),
)
def test_round_trip(tmp_path_factory, sequences, line_width, packed):
    """What was written is read back, whatever the width of the lines."""
    path = tmp_path_factory.mktemp("fasta") / ("a.fa.gz" if packed else "a.fa")
    target = [f"class{len(s) % 2}" for s in sequences]
    write_fasta(path, sequences, target=target, line_width=line_width)
    assert path.read_bytes().startswith(b"\x1f\x8b") == packed
    records = read_fasta(path, label_pattern=r"label=(\S+)")
    assert records.data.tolist() == sequences
    assert records.target.tolist() == target
    assert records.names.tolist() == [f"seq{i}" for i in range(len(sequences))]


def test_width_of_numpy(tmp_path):
    write_fasta(tmp_path / "x.fa", ["A" * 300], line_width=np.uint8(200))
    lines = (tmp_path / "x.fa").read_text().splitlines()
    assert [len(line) for line in lines[1:]] == [200, 100]


@pytest.mark.parametrize("name", ["a.fa", "a.fa.gz"])
def test_write_is_reproducible(name, tmp_path, monkeypatch):
    """Equal content gives equal bytes at any time, gzipped or not."""
    contents = []
    for seconds in (1e9, 2e9):
        monkeypatch.setattr(time, "time", lambda now=seconds: now)
        write_fasta(tmp_path / name, np.array(["ACGT"], dtype=object), ["one"])
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequences": ["ACGT", ""]}, "Record 1 .* no letters"),
        ({"sequences": ["ACGT"], "names": ["a\nb"]}, "Record 0 .* line break"),
        ({"sequences": ["ACGT"], "names": ["a", "b"]}, "names must have one entry per sequence"),
        ({"sequences": ["ACGT"], "target": []}, "target must have one entry per sequence"),
        ({"sequences": ["ACGT"], "target": [np.nan]}, r"Entry 0 .* of target is missing \(nan\)"),
        ({"sequences": ["ACGT"], "names": [None]}, "Entry 0 .* of names is missing"),
        ({"sequences": ["ACGT"], "target": np.ma.masked_all(1)}, "Entry 0 .* of target is missing"),
        ({"sequences": ["ACGT"], "names": [b"\xff"]}, "Entry 0 .* of names is no text in UTF-8"),
    ],
)
def test_write_refuses_what_fasta_cannot_hold(tmp_path, arguments, message):
    """Nothing is written that would read back as something else."""
    path = tmp_path / "refused.fa"
    with pytest.raises(ValueError, match=message):
        write_fasta(path, **arguments)
    assert not path.exists()


@pytest.mark.parametrize(
    ("sequences", "options", "error", "message"),
    [
        ("ACGT", {}, TypeError, r"Pass \[sequence\]"),
        (["AC", "GT"], {"names": "ab"}, TypeError, "names .* got one string"),
        (["ACGT"], {"line_width": -1}, ValueError, "line_width must be an int of at least 1"),
        (["ACGT"], {"line_width": 2.5}, ValueError, r"an int of at least 1, got 2\.5"),
        (["ACGT"], {"line_width": True}, ValueError, "an int of at least 1, got True"),
        (["ACGT"], {"names": [">chr1"]}, ValueError, "record 0 .*'>chr1', begins with '>'"),
        (["ACGT"], {"names": [" >a"]}, ValueError, "record 0 .*' >a', begins with '>'"),
        ([SimpleNamespace(seq="AC")], {}, TypeError, r"\[str\(s\.seq\) for s in sequences\]"),
        (["AC", "AC\n>x"], {}, ValueError, "Record 1 has .* at position 2"),
        ([">AC"], {}, ValueError, "Record 0 has '>' at position 0"),
        ([["A", "C"]], {}, ValueError, "2 columns of strings"),
        (["AC", None], {}, ValueError, r"Record 1 .* is missing \(None\)\. Leave it out"),
        (pd.Series([np.nan, "AC"]), {}, ValueError, r"Record 0 .* is missing \(nan\)"),
    ],
)
def test_what_would_read_back_as_something_else_is_refused(
    tmp_path, sequences, options, error, message
):
    """A file that reads back differently is worse than none."""
    with pytest.raises(error, match=message):
        write_fasta(tmp_path / "x.fa", sequences, **options)
    assert not (tmp_path / "x.fa").exists()


@pytest.mark.parametrize(
    "sequences",
    [
        pd.DataFrame({"sequence": ["ACGT", "GG"]}),
        pa.array(["ACGT", "GG"]),
        np.array(["ACGT", "GG"], dtype="S"),
        iter(["ACGT", "GG"]),
        {"a": "ACGT", "b": "GG"}.values(),
        deque(["ACGT", "GG"]),
    ],
    ids=["frame", "arrow", "bytes", "iterator", "values", "deque"],
)
def test_columns_of_sequences_are_written(sequences, tmp_path):
    write_fasta(tmp_path / "a.fa", sequences)
    assert (tmp_path / "a.fa").read_text() == ">seq0\nACGT\n>seq1\nGG\n"


@pytest.mark.parametrize(
    ("sequences", "error", "message"),
    [
        ({"seq1": "ACGT"}, TypeError, r"list\(X.values\(\)\)"),
        ({"ACGT", "GG"}, TypeError, "order is arbitrary"),
        (pd.DataFrame({"a": ["ACGT"], "b": [1]}), ValueError, r"X\['a'\]"),
        (np.ones((2, 3)), TypeError, "list of strings"),
    ],
    ids=["dict", "set", "table", "numbers"],
)
def test_what_holds_no_column_is_not_written(sequences, error, message, tmp_path):
    """The keys of a dict and the names of columns are no sequences."""
    path = tmp_path / "a.fa"
    path.write_text("before")
    with pytest.raises(error, match=message):
        write_fasta(path, sequences)
    assert path.read_text() == "before"


def test_a_line_break_at_the_end_of_a_header(tmp_path):
    with pytest.raises(ValueError, match="header with a line break"):
        write_fasta(tmp_path / "a.fa", ["ACGT"], names=["a\n"])


def test_bytes_are_text_everywhere(tmp_path):
    """As HDF5 files and arrays of dtype S have them: names and labels too."""
    columns = [np.array([text.encode()]) for text in ("ACGT", "chr1:0-4(+)", "donor")]
    write_fasta(tmp_path / "b.fa", columns[0], columns[1], target=columns[2])
    records = read_fasta(tmp_path / "b.fa", label_pattern=r"label=(\S+)")
    assert records.descriptions.tolist() == ["chr1:0-4(+) label=donor"]
    assert records.target.tolist() == ["donor"]


def test_a_label_without_files_is_refused(tmp_path):
    """A pattern that matches nothing would lose a class."""
    write_fasta(tmp_path / "b.fa", ["ACGT"])
    files = {"a": sorted(tmp_path.glob("nothing*.fa")), "b": [tmp_path / "b.fa"]}
    with pytest.raises(ValueError, match="no FASTA file for the label 'a'"):
        read_fasta(files)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (">a\n" + "A" * 9000 + "CC GT" + "A" * 9000, "line, 'AAAAAAAAAAAAAAAAAACC GTAAA"),
        (">" + "h" * 9000 + "\n", "the record 'hhh"),
        (">" + "h" * 9000 + "\nACGT\n", "in the header 'hhh"),
    ],
    ids=["line", "record", "label"],
)
def test_errors_do_not_hold_the_file(text, message):
    """A line may be a chromosome: what is around the wrong letter is shown."""
    with pytest.raises(ValueError, match=message) as raised:
        read_fasta(io.StringIO(text), label_pattern=r"class=(\w+)")
    assert len(str(raised.value)) < 400


def test_the_path_comes_first(tmp_path):
    """What is written is no file name, and a file name nothing to read first."""
    for path in (["ACGT"], np.array(["ACGT"])):
        with pytest.raises(TypeError, match=r"path must be the name of a file.*comes first"):
            write_fasta(path, tmp_path / "one.fa")
