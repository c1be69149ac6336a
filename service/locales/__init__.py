"""Catalogues of what buyers read, one a language (gettext .po), compiled when they are first asked for."""
