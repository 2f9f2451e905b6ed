"""How much participants changed without a control, and what would have changed anyway."""
