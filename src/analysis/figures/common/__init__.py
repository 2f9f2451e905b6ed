"""What figures share: the one theme, the axis of time, and how a figure leaves.

In: axes and tables of any topic. Out: axes in the project's style, bytes, files. Not here: a
picture of one topic (beside this room, by its topic).
"""
