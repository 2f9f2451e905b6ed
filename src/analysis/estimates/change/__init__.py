"""How much people changed without a control, and what would have changed anyway."""
