#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// One fuzzer: void fuzz(std::string_view input) says what must hold for any input, with
// TOLLGATE_CHECK.
void fuzz(std::string_view input);

// libFuzzer's own name and form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz({reinterpret_cast<const char*>(data), size});
    return 0;
}
