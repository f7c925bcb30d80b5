#include "libs/domain/search/filter.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"

namespace kontor::search {
namespace {

constexpr uint32_t kSmall = 4096;  // documents of a segment whose filters are worked out anew each time

bool IsNumber(Property::Kind kind) { return kind >= Property::Kind::kPrice; }
bool IsLeaf(const Filter& filter) { return filter.kind < Filter::Kind::kAnd; }

class Checker {
 public:
  void Check(const Filter& filter, const std::string& path, size_t depth) {
    ++clauses_;
    values_ += filter.values.size();
    if (depth > kMaxFilterDepth) {
      Add(path, "TOO_DEEP", absl::StrCat("filters are at most ", kMaxFilterDepth, " deep"));
      return;
    }
    if (IsLeaf(filter)) CheckLeaf(filter, path);
    if (filter.kind == Filter::Kind::kNot && filter.children.size() != 1) {
      Add(path, "ONE_CHILD", "a negation has exactly one child");
    }
    for (size_t i = 0; i < filter.children.size(); ++i) {
      Check(filter.children[i], absl::StrCat(path, ".children[", i, "]"), depth + 1);
    }
  }

  absl::Status Finish() {
    if (clauses_ > kMaxFilterClauses) {
      Add("filters", "TOO_MANY_CLAUSES", absl::StrCat("at most ", kMaxFilterClauses, " clauses"));
    }
    if (values_ > kMaxFilterValues) {
      Add("filters", "TOO_MANY_VALUES", absl::StrCat("at most ", kMaxFilterValues, " values"));
    }
    return violations_.ToStatus();
  }

 private:
  void Add(const std::string& path, absl::string_view reason, absl::string_view text) {
    violations_.Add(path, reason, text);
  }

  void CheckLeaf(const Filter& filter, const std::string& path) {
    const Property::Kind kind = filter.property.kind;
    if (kind == Property::Kind::kAttribute && filter.property.name.empty()) {
      Add(path, "NO_NAME", "an attribute needs its name");
    }
    if (!filter.children.empty()) Add(path, "NO_CHILDREN", "a condition has no children");
    if (filter.kind == Filter::Kind::kAnyOf && IsNumber(kind)) {
      Add(path, "NOT_TEXT", "this property is a number: give a range");
    }
    if (filter.kind == Filter::Kind::kRange) {
      if (!IsNumber(kind) && kind != Property::Kind::kAttribute)
        Add(path, "NOT_A_NUMBER", "this property has no numbers");
      if (!(filter.low <= filter.high)) Add(path, "EMPTY_RANGE", "low must not be above high");
    }
  }

  base::Violations violations_;
  size_t clauses_ = 0, values_ = 0;
};

bool IsLive(const Filter& filter) {
  if (IsLeaf(filter)) return IsNumber(filter.property.kind) && filter.property.kind != Property::Kind::kAvailableAt;
  return std::any_of(filter.children.begin(), filter.children.end(), IsLive);
}

void SetAll(absl::Span<const uint32_t> docs, Bits& bits) {
  for (uint32_t doc : docs) SetBit(absl::MakeSpan(bits), doc);
}

void AnyValue(const Filter& filter, const Segment& segment, const ValueDictionary& values, Bits& bits) {
  const uint32_t property = values.FindProperty(filter.property);
  for (const std::string& text : filter.values) {
    if (filter.property.kind == Property::Kind::kId) {
      if (const uint32_t doc = segment.FindId(text); doc != StringLookup::kNone) SetBit(absl::MakeSpan(bits), doc);
      continue;
    }
    const uint32_t value = values.Find(property, text);
    if (value == ValueDictionary::kNone) continue;
    if (filter.property.kind != Property::Kind::kGroup) {
      SetAll(segment.DocsWith(value), bits);
      continue;
    }
    for (uint32_t doc = 0; doc < segment.documents; ++doc) {
      if (segment.group[doc] == value) SetBit(absl::MakeSpan(bits), doc);
    }
  }
}

void InRange(const Filter& filter, const Segment& segment, const ValueDictionary& values, Bits& bits) {
  if (filter.property.kind == Property::Kind::kAvailableAt) {
    for (uint32_t doc = 0; doc < segment.documents; ++doc) {
      const auto at = static_cast<double>(segment.available_at_us[doc]);
      if (at != 0 && at >= filter.low && at <= filter.high) SetBit(absl::MakeSpan(bits), doc);
    }
    return;
  }
  const NumberColumn* column = segment.Numbers(values.FindProperty(filter.property));
  if (column == nullptr) return;
  for (size_t i = 0; i < column->docs.size(); ++i) {
    const double number = column->numbers[i];
    if (number >= filter.low && number <= filter.high) SetBit(absl::MakeSpan(bits), column->docs[i]);
  }
}

void HasValue(const Filter& filter, const Segment& segment, const ValueDictionary& values, Bits& bits) {
  switch (filter.property.kind) {
    case Property::Kind::kId:
      bits = AllBits(segment.documents);
      return;
    case Property::Kind::kGroup:
      for (uint32_t doc = 0; doc < segment.documents; ++doc) {
        if (segment.group[doc] != ValueDictionary::kNone) SetBit(absl::MakeSpan(bits), doc);
      }
      return;
    case Property::Kind::kAvailableAt:
      InRange(filter, segment, values, bits);
      return;
    default:
      break;
  }
  const uint32_t property = values.FindProperty(filter.property);
  if (const NumberColumn* column = segment.Numbers(property)) SetAll(column->docs, bits);
  for (size_t i = 0; i < segment.values.size(); ++i) {
    if (values.PropertyOf(segment.values[i]) == property) SetAll(segment.DocsWith(segment.values[i]), bits);
  }
}

bool LivePasses(const Filter& filter, const Segment& segment, uint32_t doc) {
  double number = 0;
  switch (filter.property.kind) {
    case Property::Kind::kPrice:
      number = static_cast<double>(segment.live.Price(doc));
      if (number < 0) return false;
      break;
    case Property::Kind::kStock:
      number = segment.live.Stock(doc);
      if (number < 0 && filter.kind == Filter::Kind::kHas) return false;
      if (number < 0) number = std::numeric_limits<double>::infinity();
      break;
    case Property::Kind::kPopularity:
      number = segment.live.Popularity(doc);
      break;
    default:
      number = segment.live.MarginShare(doc);
      break;
  }
  return filter.kind == Filter::Kind::kHas || (number >= filter.low && number <= filter.high);
}

Bits Compute(const Filter& filter, const Segment& segment, const ValueDictionary& values, BitSpan within) {
  Bits bits(WordsFor(segment.documents), 0);
  switch (filter.kind) {
    case Filter::Kind::kAnyOf:
      AnyValue(filter, segment, values, bits);
      break;
    case Filter::Kind::kRange:
      InRange(filter, segment, values, bits);
      break;
    case Filter::Kind::kHas:
      HasValue(filter, segment, values, bits);
      break;
    case Filter::Kind::kAnd:
      bits.assign(within.begin(), within.end());
      for (const Filter& child : filter.children) bits = Evaluate(child, segment, values, bits);
      return bits;
    case Filter::Kind::kOr:
      for (const Filter& child : filter.children)
        OrInto(absl::MakeSpan(bits), Evaluate(child, segment, values, within));
      return bits;
    case Filter::Kind::kNot:
      bits.assign(within.begin(), within.end());
      AndNotInto(bits, Evaluate(filter.children.front(), segment, values, within));
      return bits;
  }
  AndInto(bits, within);
  return bits;
}

std::shared_ptr<const Bits> Remembered(const Filter& filter, const Segment& segment, const ValueDictionary& values) {
  const std::string key = CanonicalText(filter);
  if (auto bits = segment.RememberedFilter(key)) return bits;
  auto bits = std::make_shared<const Bits>(Compute(filter, segment, values, AllBits(segment.documents)));
  segment.RememberFilter(key, bits);
  return bits;
}

}  // namespace

Filter Filter::AnyOf(Property property, std::vector<std::string> values) {
  Filter filter;
  filter.kind = Kind::kAnyOf;
  filter.property = std::move(property);
  filter.values = std::move(values);
  return filter;
}

Filter Filter::Range(Property property, double low, double high) {
  Filter filter;
  filter.kind = Kind::kRange;
  filter.property = std::move(property);
  filter.low = low;
  filter.high = high;
  return filter;
}

Filter Filter::Not(Filter child) {
  Filter filter;
  filter.kind = Kind::kNot;
  filter.children.push_back(std::move(child));
  return filter;
}

absl::Status Validate(absl::Span<const Filter> filters) {
  Checker checker;
  for (size_t i = 0; i < filters.size(); ++i) checker.Check(filters[i], absl::StrCat("filters[", i, "]"), 1);
  return checker.Finish();
}

std::string CanonicalText(const Filter& filter) {
  std::vector<std::string> parts;
  std::string head = absl::StrCat(static_cast<int>(filter.kind));
  if (IsLeaf(filter)) absl::StrAppend(&head, ":", PropertyKey(filter.property));
  if (filter.kind == Filter::Kind::kRange) {
    uint64_t low = 0, high = 0;
    std::memcpy(&low, &filter.low, sizeof(low));
    std::memcpy(&high, &filter.high, sizeof(high));
    absl::StrAppend(&head, ":", absl::Hex(low), ":", absl::Hex(high));
  }
  if (filter.kind == Filter::Kind::kAnyOf) {
    for (const std::string& value : filter.values) parts.push_back(absl::StrCat(value.size(), "=", value));
  }
  for (const Filter& child : filter.children) parts.push_back(CanonicalText(child));
  std::sort(parts.begin(), parts.end());
  return absl::StrCat(head, "(", absl::StrJoin(parts, ","), ")");
}

std::vector<Property> PropertiesOf(const Filter& filter) {
  std::vector<Property> properties;
  if (IsLeaf(filter)) properties.push_back(filter.property);
  for (const Filter& child : filter.children) {
    for (const Property& property : PropertiesOf(child)) {
      if (std::find(properties.begin(), properties.end(), property) == properties.end()) properties.push_back(property);
    }
  }
  return properties;
}

Bits Evaluate(const Filter& filter, const Segment& segment, const ValueDictionary& values, BitSpan within) {
  if (IsLeaf(filter) && IsLive(filter)) {
    Bits bits(WordsFor(segment.documents), 0);
    ForEachBit(within, [&](uint32_t doc) {
      if (LivePasses(filter, segment, doc)) SetBit(absl::MakeSpan(bits), doc);
    });
    return bits;
  }
  if (segment.documents < kSmall || IsLive(filter)) return Compute(filter, segment, values, within);
  Bits bits(within.begin(), within.end());
  AndInto(bits, *Remembered(filter, segment, values));
  return bits;
}

}  // namespace kontor::search
