#pragma once

#include <string>

#include "base/result.h"

namespace tollgate {

// Makes a file the work of one process at a time. Held until this goes, or until the process ends,
// however it ends.
class FileLock {
public:
    // Takes the lock file beside `file` ("<file>.lock"). Errors: unavailable, also while another
    // process holds it.
    static Result<FileLock> take(const std::string& file);

    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&&) = delete;
    ~FileLock();

private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
};

}  // namespace tollgate
