"""A reader drags contours on the report, sees the numbers change, and saves the study anew."""
