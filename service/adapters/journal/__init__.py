"""The whole journal in the forms of other bookkeeping programs, whose own checks then hold over it."""
