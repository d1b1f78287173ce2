"""A change on its way: validated, locked, stored, applied on the switches, or taken back."""
