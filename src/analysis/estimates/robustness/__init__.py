"""How far a result hangs on chance and on choices: re-randomised arms, several claims at once."""
