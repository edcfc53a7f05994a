"""Catalog, names, blobs and lake: where the records and their bytes are kept, behind small ports."""
