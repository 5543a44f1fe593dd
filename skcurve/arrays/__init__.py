"""Arrays in files: .npy, .npz, .pt, .safetensors and Parquet, each read and written by its suffix.

A file holds one array without a name, or several with names, its keys. Reading runs no code from a
file. What is no regular file, such as a pipe, holds a stream in the .npy format.
"""

from skcurve.arrays.reading import READERS, find_key, read_array, read_npy
from skcurve.arrays.writing import WRITERS, write_array, write_npy

__all__ = ["READERS", "WRITERS", "find_key", "read_array", "read_npy", "write_array", "write_npy"]
