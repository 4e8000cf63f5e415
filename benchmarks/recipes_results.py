"""Table and plot of benchmarks/recipes.py, from the results of its runs.

    text = format_table(results)
    draw(results, "results.png", has_references=True)

A result is the content of a run's result_<images>.json.
"""

import matplotlib.figure

PAPER = {"AT, the paper": 88.81, "AAA, the paper": 91.13}  # table 4: PGD-100, 50 restarts
TITLES = (
    "recipe", "budget", "updates", "gradient evaluations", "minutes", "clean",
    "PGD-100, 2 restarts", "then APGD and Square",
)  # fmt: skip


def format_table(results):
    """Markdown, with what was measured and where above it."""
    first = results[0]
    environment = first["environment"]
    commit = environment["git_commit"]
    lines = [
        f"{first['config']['dataset']}, eps {first['config']['eps']:g}, native A, first "
        f"{first['num_examples']} test images; {environment['machine']}, TensorFlow "
        f"{environment['tensorflow']}, commit {commit[:9]}{'+' * commit.endswith('+')}.",
        "",
        "| " + " | ".join(TITLES) + " |",
        "|" + "---|" * len(TITLES),
    ]
    for result in results:
        cells = (
            result["recipe"], result["budget"], f"{result['train_steps']:,}",
            f"{result['num_gradient_evaluations']:,}", f"{result['seconds'] / 60:.1f}",
            *(f"{100 * result[f'{name}_accuracy']:.1f}" for name in ("clean", "pgd", "robust")),
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def draw(results, path, *, has_references):
    """Robust accuracy after all attacks (full) and after PGD (hollow) against both costs."""
    figure = matplotlib.figure.Figure(figsize=(11, 4.6), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for recipe in dict.fromkeys(result["recipe"] for result in results):
        own = [result for result in results if result["recipe"] == recipe]
        costs = (
            [result["num_gradient_evaluations"] for result in own],
            [result["seconds"] / 60 for result in own],
        )
        for axis, cost in zip(axes, costs, strict=True):
            (line,) = axis.plot(
                cost, [100 * result["robust_accuracy"] for result in own], "o-", label=recipe
            )
            hollow = {"marker": "o", "facecolors": "none", "edgecolors": line.get_color()}
            axis.scatter(cost, [100 * result["pgd_accuracy"] for result in own], **hollow)
    for axis, title in zip(axes, ("gradient evaluations", "minutes of training"), strict=True):
        axis.set_xlabel(title)
        axis.set_xscale("log")
        axis.grid(alpha=0.3)
        for name, accuracy in (PAPER if has_references else {}).items():
            axis.axhline(accuracy, color="grey", linestyle=":")
            axis.annotate(name, (0.01, accuracy), xycoords=("axes fraction", "data"), fontsize=8)
    axes[0].set_ylabel("robust accuracy, %")
    figure.suptitle("hollow: under PGD; full: under APGD and Square besides", fontsize="medium")
    axes[1].legend()
    partial = path.with_name(f".partial.{path.name}")
    figure.savefig(partial, dpi=120)
    partial.replace(path)
