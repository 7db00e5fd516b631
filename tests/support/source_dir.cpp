#include "tests/support/source_dir.h"

namespace tollgate {

std::filesystem::path source_dir() {
    return TOLLGATE_SOURCE_DIR;
}

}  // namespace tollgate
