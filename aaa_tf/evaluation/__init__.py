"""Measurement: clean and robust accuracy of any function from images to logits.

target           what is evaluated, and what is known of its parts
suites           which attacks make which column: the paper's protocols, AutoAttack, a list
robustness       one robust flag per example and column, over survivors; partial_results keeps them
checks           signs of gradient masking; check_catalogue has their texts, check_model and
                 check_attacks measure, check_subject is what they measure on
curves, surface  robust accuracy against eps, steps and restarts; the loss around one image
corruptions      accuracy per type and severity; corruption_means takes means and differences
report           rows, report.json and the terminal's table; report_schema reads it again
html             the page; page_sections and corruption_sections gather, plots, svg, thumbnails and
                 figures draw, templates/ holds the wording
comparison       rows of several reports in one table, for bin/compare
intervals, figures_text, gradients   Wilson's interval, how a figure is written, plain gradients
"""
