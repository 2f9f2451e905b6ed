"""When it began and how long it held: tables of one study."""
