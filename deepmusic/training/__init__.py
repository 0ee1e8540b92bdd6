"""Training: recipes, augmentation, fitting, worker processes."""
