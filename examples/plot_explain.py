"""
Which letters, how sure, and which motif?
=========================================

A classifier of DNA is asked three questions: on which letters does it rest, does it *really* rest
on them, and what do they spell? Each answer is a picture with its control beside it. The sequences
are made up, so that the right answers are known: those of class 0 hold the word GATTACA somewhere,
those of class 1 CCGTGAA, and all other letters are random.

It takes less than a minute. Pictures go to the folder ``explain_output``, or to the one given on
the command line.
"""

import argparse
from pathlib import Path

from sklearn.model_selection import GridSearchCV

from sklearn_attngen import AttnGenClassifier, PerturbationScorer, make_kmer_classifier
from sklearn_attngen.datasets import make_motif_sequences
from sklearn_attngen.inspection import (
    AttentionHeadsDisplay,
    MaskFractionDisplay,
    MotifDisplay,
    PerturbationCurveDisplay,
    SaliencyDisplay,
    motif_report,
    perturbation_curve,
    report,
    saliency,
)
from sklearn_attngen.metrics import comprehensiveness, infidelity, sufficiency

parser = argparse.ArgumentParser(description="Explain a classifier of DNA, with controls.")
parser.add_argument("output", nargs="?", type=Path, default=Path("explain_output"))
output = parser.parse_args().output
output.mkdir(parents=True, exist_ok=True)


def save(display, name):
    display.figure_.savefig(output / name, dpi=120)
    print("wrote", output / name)


# %%
# A classifier of k-mer counts, fitted on half of the sequences. It has no saliency of its own, so
# that each letter in turn is taken away to see what its prediction loses.

data = make_motif_sequences(600, length=60, motifs=["GATTACA", "CCGTGAA"], random_state=0)
X_train, y_train = data.data[:300], data.target[:300]
X_test, y_test = data.data[300:], data.target[300:]
model = make_kmer_classifier(k=5).fit(X_train, y_train)
print(f"Accuracy on new sequences: {model.score(X_test, y_test):.3f}")
values = saliency(model, X_test)

# %%
# **Which letters?** A profile of words that move about is flat. The heat map shows them, and the
# letters of single sequences spell them.

save(SaliencyDisplay.from_saliency(values, y=y_test), "profile.png")
save(
    SaliencyDisplay.from_saliency(values, y=y_test, kind="heatmap", sort="peak"),
    "heatmap.png",
)
save(
    SaliencyDisplay.from_saliency(
        values[:3], X_test[:3], kind="sequences", letter_colors="colorblind"
    ),
    "sequences.png",
)

# %%
# **How sure?** Pictures prove nothing. Replacing the most salient letters must hurt more than
# replacing random ones, or random ones of the same kinds; keeping only them must be enough.

for mode in ("deletion", "insertion"):
    curve = perturbation_curve(
        model,
        X_test,
        y_test,
        orders=("top", "random", "matched", "bottom"),
        fill="resample",
        mode=mode,
        saliency=values,
    )
    save(PerturbationCurveDisplay.from_curve(curve), f"{mode}.png")

for measure in (comprehensiveness, sufficiency):
    result = measure(model, X_test, saliency=values)
    low, high = result.advantage_interval
    print(
        f"{measure.__name__}: {result.score:.3f}, control {result.control:.3f}; "
        f"better by {result.advantage:.3f} ({low:.3f} to {high:.3f})"
    )
result = infidelity(model, X_test)
print(f"infidelity, relative: {result.relative:.3f}, control {result.control_relative:.3f}")

# %%
# **Which motif?** Regions of high saliency are aligned, and their sites replaced.

motifs = motif_report(model, X_test, y_test, saliency=values, width=9)
print(motifs[["name", "class", "consensus", "n_seqlets", "effect", "effect_control"]].round(3))
save(MotifDisplay.from_report(motifs, letter_colors="colorblind"), "motifs.png")

# %%
# **How much to mask?** A search over ``mask_fraction`` scores accuracy and faithfulness on the same
# folds. These sequences are few and easy: the picture shows what to look at, and is no result.

search = GridSearchCV(
    AttnGenClassifier(n_estimators=1, max_epochs=12, random_state=0),
    {"mask_fraction": [0.0, 0.15, 0.3, 0.5]},
    scoring={
        "accuracy": "accuracy",
        "faithfulness": PerturbationScorer(fill="resample", n_repeats=1),
    },
    refit="accuracy",
    cv=3,
).fit(X_train, y_train)
save(MaskFractionDisplay.from_search(search), "mask_fraction.png")

# %%
# **What does each head of the network look at?** Weights of the features at each position: of one
# sequence, and the mean of all. They have no sign and no class, and the layers behind can ignore
# them, so that the question whether decisions rest on them is asked again, with its control.

network = search.best_estimator_
save(AttentionHeadsDisplay.from_estimator(network, X_test, sequence=0), "heads.png")
curve = perturbation_curve(network, X_test, y_test, fill="resample", saliency="attention")
save(PerturbationCurveDisplay.from_curve(curve), "attention.png")

# %%
# All of it in one file for somebody without Python, which opens without a network.

report(
    model,
    X_test,
    y_test,
    output / "report.html",
    title="GATTACA or CCGTGAA?",
    description="Made-up sequences. This classifier is good for nothing but this example.",
    n_repeats=2,
)
print("wrote", output / "report.html")
