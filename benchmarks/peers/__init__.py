"""What skcurve is measured against: other ways to do the same, written as plainly as they are."""
