#include "sandbox/goods.h"

#include <algorithm>
#include <array>

namespace tollgate::sandbox {
namespace {

constexpr std::array<Good, 6> kGoods = {{
    {.id = "tea",
     .glyph = "茶",
     .chinese_name = "明前龙井 50克",
     .english_name = "Longjing green tea, 50 g",
     .chinese_text = "清明前采摘，豆香清雅。",
     .english_text = "Picked before Qingming; a clean, nutty cup.",
     .price = Money::from_fen(12'800)},
    {.id = "brush",
     .glyph = "笔",
     .chinese_name = "兼毫小楷笔",
     .english_name = "Brush for small script",
     .chinese_text = "狼毫兼羊毫，出锋利落。",
     .english_text = "Mixed hair, a crisp point.",
     .price = Money::from_fen(3'650)},
    {.id = "ink",
     .glyph = "墨",
     .chinese_name = "松烟墨条",
     .english_name = "Pine-soot ink stick",
     .chinese_text = "手工捶打，墨色沉静。",
     .english_text = "Hammered by hand; a quiet black.",
     .price = Money::from_fen(5'900)},
    {.id = "paper",
     .glyph = "纸",
     .chinese_name = "四尺生宣 十张",
     .english_name = "Xuan paper, ten sheets",
     .chinese_text = "吸墨均匀，层次分明。",
     .english_text = "Takes ink evenly, layer by layer.",
     .price = Money::from_fen(2'580)},
    {.id = "inkstone",
     .glyph = "砚",
     .chinese_name = "随形小砚",
     .english_name = "Small inkstone",
     .chinese_text = "石质温润，发墨如油。",
     .english_text = "Smooth stone that grinds like silk.",
     .price = Money::from_fen(26'800)},
    {.id = "bookmark",
     .glyph = "笺",
     .chinese_name = "竹书签",
     .english_name = "Bamboo bookmark",
     .chinese_text = "一片薄竹，刻一枝梅。",
     .english_text = "A slip of bamboo, a branch of plum.",
     .price = Money::from_fen(1)},
}};

}  // namespace

std::span<const Good> goods() {
    return kGoods;
}

const Good* find_good(std::string_view id) {
    const auto* found = std::ranges::find(kGoods, id, &Good::id);
    return found == kGoods.end() ? nullptr : found;
}

}  // namespace tollgate::sandbox
