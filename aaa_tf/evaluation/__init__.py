"""Measurement: clean and robust accuracy of any function from images to logits.

robustness: one robust flag per example under PGD with restarts. report: tables and report.json.
figures: clean, adversarial and purified images side by side.
"""
