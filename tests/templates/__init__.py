"""Tests of the texts and pictures that people see."""
