"""How inline rewrites each kind of construct."""
