"""Deployment: the defended pipeline as a SavedModel.

export: writes it, has it checked in a fresh process, and publishes it by one rename.
gate: that check, which knows TensorFlow alone.
"""
