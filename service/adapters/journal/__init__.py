"""Exports the whole journal in the formats of other bookkeeping programs, which then check it by their own rules."""
