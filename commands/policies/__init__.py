"""Rules of the programme, and exchange rates."""
