"""Rules that a good plugin keeps, and the check of an installed plugin against them."""
