// docs/alipay-methods.md holds what the code says of itself; `tollgate alipay methods` prints it.
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "gateway/alipay/method_table.h"
#include "sandbox/methods.h"
#include "tests/support/source_dir.h"

namespace tollgate {
namespace {

TEST(MethodsPage, SaysWhatTheDescriptionsSay) {
    std::ifstream file(source_dir() / "docs/alipay-methods.md");
    const std::string page(std::istreambuf_iterator<char>(file), {});
    const auto table = gateway::methods_markdown(sandbox::apis_of);
    for (const std::string& text : {table, gateway::codes_markdown()}) {
        EXPECT_NE(page.find(text), std::string::npos)
            << "docs/alipay-methods.md has to hold this:\n"
            << text;
    }
}

}  // namespace
}  // namespace tollgate
