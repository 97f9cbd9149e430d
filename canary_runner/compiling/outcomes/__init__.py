"""The chances of the joint outcomes of one analysis, summed from the laws that the walk draws from."""
