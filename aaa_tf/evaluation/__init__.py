"""Measurement: clean and robust accuracy of any function from images to logits.

robustness: one robust flag per example under PGD with restarts. report: tables and report.json.
figures: clean, adversarial and purified images side by side. html: the same as a page, and the page
that comparison (rows of several reports in one table) fills; templates/ holds their wording.
checks: signs of gradient masking, by check_catalogue (texts), check_model and check_attacks.
curves: robust accuracy against eps, steps and restarts. surface: the loss around one image.
"""
