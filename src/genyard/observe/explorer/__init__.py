"""Looking through what came in: lists, one trace, figures, words, exports, SQL."""
