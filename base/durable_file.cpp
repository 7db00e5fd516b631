#include "base/durable_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace tollgate {
namespace {

Error failed(const std::string& what, int number) {
    return Error(ErrorCode::unavailable, what + ": " + std::strerror(number));
}

Result<Done> sync_opened(const std::string& name, int flags) {
    const int descriptor = ::open(name.c_str(), flags | O_CLOEXEC);
    if (descriptor < 0) return failed("cannot open " + name, errno);
    const bool synced = ::fsync(descriptor) == 0;
    const int number = errno;
    ::close(descriptor);
    if (synced) return Done{};
    return failed("cannot bring " + name + " to the disk", number);
}

std::string folder_of(const std::string& file) {
    const std::string folder = std::filesystem::path(file).parent_path().string();
    return folder.empty() ? "." : folder;
}

}  // namespace

Result<Done> sync_file(const std::string& file) {
    return sync_opened(file, O_RDONLY);
}

Result<Done> rename_to_new(const std::string& from, const std::string& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
        if (errno == EEXIST) return Error(ErrorCode::conflict, to + " is there already");
        return failed("cannot name " + from + " " + to, errno);
    }
    return sync_opened(folder_of(to), O_RDONLY | O_DIRECTORY);
}

}  // namespace tollgate
