"""
Which letters make a splice junction?
=====================================

Where a gene's exon ends and an intron begins (a *donor*, class EI), the intron almost always starts
with GT; where it ends (an *acceptor*, class IE), it ends with AG. A classifier that tells such
junctions from other DNA (class N) should rest on these letters. This example trains one, compares
it with its rivals on the same folds, and looks at the letters that decided.

It takes a few minutes on two cores. Tables and figures go to the folder ``demo_output``, or to the
one given on the command line; ``--quick`` trains too shortly to learn much, and only shows that
everything runs.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_attngen import (
    AttnGenClassifier,
    CNNClassifier,
    PerturbationScorer,
    SequenceOneHotEncoder,
    make_kmer_classifier,
)
from sklearn_attngen.datasets import load_splice_junctions
from sklearn_attngen.inspection import (
    PerturbationCurveDisplay,
    SaliencyDisplay,
    perturbation_curve,
)
from sklearn_attngen.model_selection import compare_classifiers, summarize_comparison

parser = argparse.ArgumentParser(description="Classify splice junctions and see what decided.")
parser.add_argument("output", nargs="?", type=Path, default=Path("demo_output"))
parser.add_argument("--quick", action="store_true", help="train too shortly to learn much")
options = parser.parse_args()
options.output.mkdir(parents=True, exist_ok=True)
started = time.perf_counter()
written = []


def new_file(name):
    written.append(options.output / name)
    return written[-1]


def mean_and_spread(mean, spread):
    return [f"{m:.3f} ({s:.3f})" for m, s in zip(mean, spread, strict=True)]


# So that the lines of worker processes appear at once, wherever the output goes.
os.environ["PYTHONUNBUFFERED"] = "1"

# %%
# The data
# --------
# 3,000 windows of 60 letters, as plain strings, come with the package. The parts of the split have
# no 25 letters in a row in common. Everything is chosen on the training split.

data = load_splice_junctions()
train, test = data.split == "train", data.split == "test"
X_train, y_train = data.data[train], data.target[train]
X_test, y_test = data.data[test], data.target[test]

print("Primate splice junctions (UCI, CC BY 4.0), 60 letters each\n")
print(pd.crosstab(data.target, data.split, rownames=["class"], colnames=[""], margins=True))
print("\nAn example of each class, cut at the junction:")
for name in data.target_names:
    sequence = X_train[y_train == name][0]
    print(f"  {name:2}  {sequence[:30]} | {sequence[30:]}")

# %%
# How much to mask?
# -----------------
# While it trains, AttnGen masks letters that its attention scores low. How many is a parameter
# like any other, and ``GridSearchCV`` can look at two things at once: accuracy, and
# faithfulness. The latter removes the 12 most salient of the 60 letters, and measures how much
# more accuracy is lost than with 12 random ones.

folds = StratifiedKFold(3, shuffle=True, random_state=0)
scoring = {"accuracy": "accuracy", "faithfulness": PerturbationScorer(fraction=0.2)}
# the default is the mean of three networks here, of more epochs: more accurate, and much longer
short = {"n_estimators": 1, "max_epochs": 40}
if options.quick:
    short |= {"n_filters": 8, "max_epochs": 3}
mask_fractions = [0.0, 0.15] if options.quick else [0.0, 0.15, 0.3]

print(f"\n\nSearching mask_fraction in {mask_fractions}, {folds.get_n_splits()} folds", flush=True)
search = GridSearchCV(
    Pipeline(
        [
            ("onehot", SequenceOneHotEncoder()),
            ("attngen", AttnGenClassifier(random_state=0, **short)),
        ]
    ),
    {"attngen__mask_fraction": mask_fractions},
    scoring=scoring,
    refit="accuracy",
    cv=folds,
    n_jobs=2,
    verbose=3,
).fit(X_train, y_train)

grid = pd.DataFrame({"mask_fraction": mask_fractions})
for score in scoring:
    values = pd.DataFrame(search.cv_results_).filter(regex=rf"^split\d+_test_{score}$")
    grid[f"{score}_mean"] = values.mean(axis=1)
    grid[f"{score}_std"] = values.std(axis=1)
grid["fit_seconds"] = search.cv_results_["mean_fit_time"]
grid.to_csv(new_file("mask_fraction.csv"), index=False)
table = pd.DataFrame({"mask_fraction": mask_fractions})
for score in scoring:
    table[score] = mean_and_spread(grid[f"{score}_mean"], grid[f"{score}_std"])
best = search.best_params_["attngen__mask_fraction"]
print("\nMean (standard deviation) over the folds:\n")
print(table.to_string(index=False))
print(f"\nThe most accurate is taken: {best}. Differences below the spread are noise.")

# %%
# The rivals, on the same folds
# -----------------------------
# - A CNN of the same build, without attention and masking.
# - A logistic regression of one-hot letters, its C searched within each training fold: strong where
#   letters stand at fixed positions.
# - k-mer counts, which know no positions. All windows are on the strand of the gene, so k-mers
#   are not merged with their reverse complements.
#
# The folds are those of the search, so that AttnGen's scores are repeated.

one_hot = GridSearchCV(
    make_pipeline(SequenceOneHotEncoder(), LogisticRegression(max_iter=1000)),
    {"logisticregression__C": [0.01, 0.03, 0.1, 0.3, 1.0]},
)
classifiers = {
    "AttnGen": AttnGenClassifier(mask_fraction=best, random_state=0, **short),
    "CNN": CNNClassifier(random_state=0, **short),
    "one-hot logistic": one_hot,
    "k-mers": make_kmer_classifier(k=4 if options.quick else (3, 6), canonical=False),
}
print(f"\n\nComparing {len(classifiers)} classifiers on the same folds", flush=True)
results = compare_classifiers(
    classifiers, X_train, y_train, cv=folds, scoring=scoring, n_jobs=2, verbose=1
)
results.to_csv(new_file("comparison_folds.csv"), index=False)
reference = "one-hot logistic"
summary = summarize_comparison(results, reference=reference)
summary.to_csv(new_file("comparison.csv"))

table = pd.DataFrame(index=summary.index.rename(None))
for score in scoring:
    table[score] = mean_and_spread(summary[f"{score}_mean"], summary[f"{score}_std"])
table["accuracy: difference [95 %]"] = [
    "" if name == reference else f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"
    for name, mean, low, high in summary.filter(regex="^accuracy_diff").itertuples()
]
table["fit seconds"] = summary["fit_seconds"].round(1)
print(f"\nMean (standard deviation) over the folds; difference from {reference}:\n")
print(table.to_string())
print(
    "\nThe mask_fraction was chosen on these rows, which favours AttnGen a little. Two fits ran"
    "\nat a time. Faithfulness is at most the accuracy above chance (1/3), so compare it where"
    "\naccuracies are close."
)

# %%
# The test split
# --------------
# Read once, now that everything is chosen. The search has already fitted AttnGen to all training
# rows, on one-hot columns; this is the classifier that is looked at below.

print("\n\nFitting to the whole training split", flush=True)
fitted = {"AttnGen": search.best_estimator_}
for name in list(classifiers)[1:]:
    fitted[name] = classifiers[name].fit(X_train, y_train)
    print(f"  {name} is fitted", flush=True)

rows = []
for name, classifier in fitted.items():
    accuracy = accuracy_score(y_test, classifier.predict(X_test))
    error = np.sqrt(accuracy * (1 - accuracy) / len(y_test))
    faithfulness = scoring["faithfulness"](classifier, X_test, y_test)
    rows.append((name, accuracy, error, faithfulness))
header = ["classifier", "test_accuracy", "standard_error", "test_faithfulness"]
on_test = pd.DataFrame(rows, columns=header).set_index("classifier")
on_test.to_csv(new_file("test_scores.csv"))
print(f"\nOn the {len(y_test)} test sequences:\n")
print(on_test.rename_axis(None).rename(columns=lambda name: name.replace("_", " ")).round(3))

# %%
# Which letters decided
# ---------------------
# The mean saliency of each class: a letter's share in the decision. Positions are counted from
# the junction, without a zero, as molecular biologists do.

attngen = fitted["AttnGen"]
positions = np.r_[-30:0, 1:31]

profile = SaliencyDisplay.from_estimator(attngen, X_test, y_test, positions=positions)
profile.ax_.set_xlabel("Position relative to the junction")
profile.ax_.axvline(29.5, color="black", linewidth=0.8)
top = 1.1 * profile.ax_.get_ylim()[1]
profile.ax_.set_ylim(0, top)
colors = {line.get_label()[:2]: line.get_color() for line in profile.lines_}
for name, first, site in (("IE", 28, "AG"), ("EI", 30, "GT")):
    profile.ax_.axvspan(first - 0.5, first + 1.5, color=colors[name], alpha=0.12, linewidth=0)
    style = {"y": 0.985 * top, "va": "top", "color": colors[name]}
    for x, letter in enumerate(site, start=first):
        profile.ax_.text(x, s=letter, ha="center", weight="bold", fontsize=8, **style)
    before = name == "IE"
    x, side = (first - 1, "right") if before else (first + 2, "left")
    profile.ax_.text(x, s="acceptor" if before else "donor", ha=side, fontsize=9, **style)
profile.figure_.savefig(new_file("saliency_profile.png"), dpi=150)

saliency = profile.saliency
print("\n\nThe four most salient positions, counted from the junction:")
for name in data.target_names:
    shares = saliency[y_test == name].mean(axis=0)
    four = np.argsort(-shares)[:4]
    where = ", ".join(f"{position:+d}" for position in positions[four])
    print(f"  {name:2}  {where:18} {shares[four].sum():4.0%} of the saliency")

# %%
# Single sequences show the same, letter by letter: for each class the first test sequence that is
# classified correctly.

correct = attngen.predict(X_test) == y_test
chosen = [np.flatnonzero(correct & (y_test == name))[:1] for name in data.target_names]
chosen = np.concatenate(chosen)
letters = SaliencyDisplay.from_saliency(
    saliency[chosen],
    X_test[chosen],
    kind="sequences",
    positions=positions,
    labels=[f"{y_test[row]}, test sequence {row}" for row in chosen],
)
letters.ax_.set_xlabel("Position relative to the junction")
letters.figure_.savefig(new_file("saliency_letters.png"), dpi=150)

# %%
# Is it true?
# -----------
# If the decision rests on the salient letters, then shuffling these hurts more than shuffling
# as many random ones. The random order is the control: what it loses, any change would. The floor
# is 0.55 rather than chance, 1/3: without a junction to be seen, the answer is N, the largest
# class.

print("\n\nMeasuring the perturbation curve", flush=True)
curve = perturbation_curve(
    attngen, X_test, y_test, n_repeats=2 if options.quick else 5, random_state=0, verbose=1
)
perturbation = PerturbationCurveDisplay.from_curve(curve, name="AttnGen")
perturbation.figure_.savefig(new_file("perturbation_curve.png"), dpi=150)
heights = pd.DataFrame({order: scores.mean(axis=1) for order, scores in curve.scores.items()})
heights.index = [f"{fraction:.0%}" for fraction in curve.fractions]
print("\nAccuracy by the share of letters removed, and what is removed first:\n")
print(heights.round(3).to_string())

# %%
print(f"\n\nDone in {time.perf_counter() - started:.0f} s. Tables and figures:")
for path in written:
    print(f"  {path}")
