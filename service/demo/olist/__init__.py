"""Converts Olist's marketplace orders to commands: reads a folder completely, converts its money and sorts its facts by
time.
"""
