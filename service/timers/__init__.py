"""Timers ask for what falls due: ordinary commands, whose ids are made of it, so that two machines may ask at once."""
