"""Evaluation of networks: metrics, protocols, confusion, calibration."""
