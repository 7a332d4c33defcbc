"""The operators: the doors between the rooms. Each receives, calls cmrmap once and emits."""
