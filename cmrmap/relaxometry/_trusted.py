"""Which files may be run as code: those that nobody else can have written than whom this process trusts already."""

from __future__ import annotations

import os
import stat


def is_ours(found: os.stat_result, *also: int) -> bool:
    """Tell whether only this user and root may write a file or folder; also where the user's own group may, by custom.

    Parameters
    ----------
    found : what the file system says of it, links not followed
    also : other users who may own it
    """
    own_group = found.st_gid == os.getegid() == os.geteuid()
    others = stat.S_IWOTH | (0 if own_group else stat.S_IWGRP)
    return found.st_uid in (0, os.geteuid(), *also) and not found.st_mode & others and not stat.S_ISLNK(found.st_mode)
