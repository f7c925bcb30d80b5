#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/domain/search/query_reader.h"
#include "libs/domain/text/units.h"

// How a query says what something may cost.
namespace kontor::search {
namespace {

using Role = QueryWords::Role;

constexpr double kAmountMax = 9e12;  // in micros it is still an int64_t
constexpr double kAround = 0.2;

std::string Shown(double amount) { return absl::StrCat(amount); }

}  // namespace

const std::string* QueryReader::CurrencyAt(size_t at) const {
  if (!Free(at)) return nullptr;
  const auto found = words_.currencies.find(texts_[at]);
  return found == words_.currencies.end() ? nullptr : &found->second;
}

// Digits, with "k" for thousands, or number words: "one hundred and twenty".
std::optional<QueryReader::Money> QueryReader::ReadNumber(size_t at) const {
  if (!Free(at)) return std::nullopt;
  if (atoms_[at].number) {
    const bool thousands = Free(at + 1) && atoms_[at + 1].joined && atoms_[at + 1].text == "k";
    return Money{.amount = atoms_[at].value * (thousands ? 1'000 : 1),
                 .named = false,
                 .currency = "",
                 .end = at + (thousands ? 2 : 1)};
  }
  double total = 0, current = 0;
  size_t next = at;
  for (; Free(next); ++next) {
    const auto found = words_.numbers.find(atoms_[next].text);
    const bool bridge = next > at && words_.Is(atoms_[next].text, Role::kAnd) && Free(next + 1) && current >= 100 &&
                        words_.numbers.contains(atoms_[next + 1].text);
    if (bridge) continue;
    if (found == words_.numbers.end()) break;
    if (found->second == 100) {
      current = std::max(1.0, current) * 100;
    } else if (found->second == 1'000) {
      total += std::max(1.0, current) * 1'000;
      current = 0;
    } else {
      current += found->second;
    }
  }
  if (next == at) return std::nullopt;
  return Money{.amount = total + current, .named = false, .currency = "", .end = next};
}

std::optional<QueryReader::Money> QueryReader::ReadMoney(size_t at) const {
  const std::string* before = CurrencyAt(at);
  std::optional<Money> money = ReadNumber(before == nullptr ? at : at + 1);
  if (!money.has_value() || !(money->amount >= 0 && money->amount < kAmountMax)) return std::nullopt;
  const std::string* behind = before == nullptr ? CurrencyAt(money->end) : nullptr;
  if (behind != nullptr) ++money->end;
  const std::string* currency = before != nullptr ? before : behind;
  money->named = currency != nullptr;
  if (money->named) money->currency = *currency;
  return money;
}

bool QueryReader::IsMeasure(const Money& money) const {
  if (money.named) return false;
  if (query_.substr(atoms_[money.end - 1].end, 1) == "\"" && !atoms_[money.end - 1].quoted) return true;
  if (!Free(money.end)) return false;
  const QueryAtom& next = atoms_[money.end];
  if (text::FindUnit(next.text, next.joined) != nullptr || next.joined) return true;
  return Free(money.end + 1) && text::FindUnit(next.text, atoms_[money.end + 1].text) != nullptr;
}

void QueryReader::ReadPrices(UnderstoodQuery& understood) {
  for (size_t at = 0; at < atoms_.size();) {
    const size_t end = Free(at) ? ReadPrice(at, understood) : 0;
    at = std::max(at + 1, end);
  }
}

size_t QueryReader::ReadPrice(size_t at, UnderstoodQuery& understood) {
  if (const size_t end = ReadRange(at, understood); end > 0) return end;
  if (const size_t end = ReadBound(at, understood); end > 0) return end;
  return ReadBoundBehind(at, understood);
}

// "between 20 and 40", "from $20 to $40", "50-100 euros", "$50 to $100".
size_t QueryReader::ReadRange(size_t at, UnderstoodQuery& understood) {
  const size_t lead = words_.Find(texts_, at, Role::kBetween);
  const auto low = ReadMoney(at + lead);
  if (!low.has_value()) return 0;
  const size_t to = Free(low->end) ? words_.Find(texts_, low->end, lead > 0 ? Role::kAnd : Role::kTo) : 0;
  if (to == 0) return 0;
  auto high = ReadMoney(low->end + to);
  if (!high.has_value()) return 0;
  const bool named = low->named || high->named;
  const bool sure = lead > 0 && !words_.Is(texts_[at], Role::kStop);
  if ((!named && !sure) || (!low->named && IsMeasure(*high))) return 0;
  if (!high->named) high->currency = low->currency;
  Price(at, high->end, std::min(low->amount, high->amount), std::max(low->amount, high->amount), *high, understood);
  return high->end;
}

// "under 50", "up to $50", "over 20", "about 50 dollars".
size_t QueryReader::ReadBound(size_t at, UnderstoodQuery& understood) {
  struct Lead {
    Role role;
    bool needs_money;
  };
  size_t words = 0;
  Lead best{};
  for (const Lead& lead : {Lead{Role::kBelow, false}, Lead{Role::kBelowMoney, true}, Lead{Role::kAbove, false},
                           Lead{Role::kAboveMoney, true}, Lead{Role::kAround, true}}) {
    const size_t n = words_.Find(texts_, at, lead.role);
    if (n <= words) continue;
    words = n;
    best = lead;
  }
  if (words == 0) return 0;
  const size_t equals = Free(at + words) && texts_[at + words] == "=" ? 1 : 0;
  const auto money = ReadMoney(at + words + equals);
  if (!money.has_value() || (best.needs_money && !money->named) || IsMeasure(*money)) return 0;
  const bool below = best.role == Role::kBelow || best.role == Role::kBelowMoney;
  const bool above = best.role == Role::kAbove || best.role == Role::kAboveMoney;
  Price(at, money->end,
        above   ? money->amount
        : below ? -1
                : money->amount * (1 - kAround),
        above   ? -1
        : below ? money->amount
                : money->amount * (1 + kAround),
        *money, understood);
  return money->end;
}

// "50 dollars or less", "$100 and up".
size_t QueryReader::ReadBoundBehind(size_t at, UnderstoodQuery& understood) {
  const auto money = ReadMoney(at);
  if (!money.has_value() || !money->named || !Free(money->end)) return 0;
  const size_t below = words_.Find(texts_, money->end, Role::kBelowAfter),
               above = words_.Find(texts_, money->end, Role::kAboveAfter);
  if (below == 0 && above == 0) return 0;
  const size_t end = money->end + std::max(below, above);
  Price(at, end, below > 0 ? -1 : money->amount, below > 0 ? money->amount : -1, *money, understood);
  return end;
}

// Amounts below zero: no bound. A second price narrows the first.
void QueryReader::Price(size_t begin, size_t end, double low, double high, const Money& money,
                        UnderstoodQuery& understood) {
  const auto micros = [](double amount) { return static_cast<int64_t>(std::llround(amount * 1e6)); };
  if (low >= 0) understood.price_min_micros = std::max(understood.price_min_micros, micros(low));
  if (high >= 0) {
    const int64_t bound = micros(high);
    understood.price_max_micros =
        understood.price_max_micros < 0 ? bound : std::min(understood.price_max_micros, bound);
  }
  if (!money.currency.empty()) understood.currency = money.currency;
  for (size_t n = std::min(QueryWords::kPhraseWordsMax, begin); n > 0; --n) {
    if (!Free(begin - n) || words_.Find(texts_, begin - n, Role::kPriceLead) != n) continue;
    begin -= n;
    break;
  }
  const std::string meaning = low < 0    ? absl::StrCat("price <= ", Shown(high))
                              : high < 0 ? absl::StrCat("price >= ", Shown(low))
                                         : absl::StrCat("price ", Shown(low), " to ", Shown(high));
  Remove(begin, end, QueryPiece::Kind::kPrice, absl::StrCat(meaning, money.currency.empty() ? "" : " ", money.currency),
         understood);
}

}  // namespace kontor::search
