"""The problems, a module for each family; each can be imported without the others."""
