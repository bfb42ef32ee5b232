"""Tests of single parts: a clock that the test moves, a transport that answers what it is told, no threads, no sleeping."""
