"""The results of an experiment as Markdown, for a repository's pages.

text = format_markdown(results, pictures={"reconstructions": "reconstructions.png"})
"""

from aaa_tf.experiments.paper_cells import format_seeds
from aaa_tf.experiments.paper_sections import make_sections


def format_markdown(results: dict, *, pictures: dict) -> str:
    """Title, warnings, one section a part, and how to repeat it.

    Args:
        results: of `reproduce`.
        pictures: part -> (file beside this one, headings of its columns).
    """
    lines = [
        f"# {results['title']}",
        "",
        f"{results['source']}. Budget `{results['budget']}`: {results['budget_description']}. "
        f"{format_seeds(results['seeds'])}. Accuracies in percent; in brackets the 95 % interval.",
    ]
    if results["is_smoke"]:
        lines += ["", "**Smoke: this shows that the program runs. No figure here says anything.**"]
    if results["num_missing"]:
        lines += ["", f"**{results['num_missing']} figure(s) are missing; the tables say why.**"]
    for section in make_sections(results):
        lines += ["", f"## {section['heading']}", ""]
        lines += [f"- {fact}" for fact in section["facts"]]
        if section["name"] in pictures:
            file, headings = pictures[section["name"]]
            lines += ["", f"![{', '.join(headings)}, from left to right]({file})"]
        for table in section["tables"]:
            lines += ["", f"### {table['title']}", ""]
            lines += [table["caption"], ""] if table["caption"] else []
            lines += _table_lines(table)
    lines += ["", "## To repeat it", "", f"    {results['command']}", ""]
    lines += [f"- {key}: {value}" for key, value in results["environment"].items()]
    return "\n".join(lines) + "\n"


def _table_lines(table):
    rule = ["---"] * len(table["headings"])
    return [
        f"| {' | '.join(map(_escape, cells))} |"
        for cells in (table["headings"], rule, *table["lines"])
    ]


def _escape(cell):
    return cell.replace("|", "\\|").replace("\n", " ")
