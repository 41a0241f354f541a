"""Tables, tracks and arrays that other programs read."""
