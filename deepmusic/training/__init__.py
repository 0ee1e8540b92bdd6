"""Training: recipes, augmentation, callbacks, the fit and its worker processes."""
