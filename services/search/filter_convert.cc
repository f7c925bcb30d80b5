#include "services/search/filter_convert.h"

#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/base/money.h"
#include "libs/base/resource_name.h"

namespace kontor::search {
namespace {

constexpr char kAttributes[] = "attributes.";
constexpr size_t kMaxValueBytes = 1'000;
constexpr double kMicros = 1e6;

bool IsNumeric(const Property& property) { return property.kind == Property::Kind::kPrice; }

double NumberOf(const Property& property, const kontor::type::v1::Decimal& value) {
  const double number = static_cast<double>(value.units()) + static_cast<double>(value.nanos()) / 1e9;
  return property.kind == Property::Kind::kPrice ? number * kMicros : number;
}

std::string DecimalText(const kontor::type::v1::Decimal& value) {
  const auto decimal = base::Decimal::FromParts(value.units(), value.nanos());
  return decimal.ok() ? base::FormatDecimal(decimal->nanos) : "";
}

Filter InStock(const std::string& value) {
  Filter there = Filter::Range({Property::Kind::kStock, ""}, std::numeric_limits<double>::min(),
                               std::numeric_limits<double>::infinity());
  return value == "true" ? there : Filter::Not(std::move(there));
}

Filter ValuesFilter(const Property& property, const v1::Filter& filter) {
  std::vector<std::string> values(filter.values().begin(), filter.values().end());
  if (property.kind == Property::Kind::kStock) return InStock(values[0]);
  if (property.kind == Property::Kind::kCategory) {
    for (std::string& value : values) value = CategoryKey(PathOf(value));
  }
  return Filter::AnyOf(property, std::move(values));
}

class FilterChecker {
 public:
  FilterChecker(const std::string& prefix, const v1::Filter& filter, base::Violations& violations)
      : prefix_(prefix), filter_(filter), violations_(violations) {}

  void Check() {
    const std::optional<Property> property = PropertyOf(filter_.field());
    if (!property.has_value()) {
      return Add("field", "FIELD_UNKNOWN",
                 "give brand, category, price, in_stock, product_id, group_id or attributes.NAME");
    }
    const bool range = filter_.has_min() || filter_.has_max();
    if (range == !filter_.values().empty()) {
      Add("values", "VALUES_OR_RANGE", "give values, or min and max, not both");
    }
    if (IsNumeric(*property) && !filter_.values().empty()) {
      Add("values", "RANGE_NEEDED", "a price has min and max");
    }
    if (range && !IsNumeric(*property) && property->kind != Property::Kind::kAttribute) {
      Add("min", "VALUES_NEEDED", absl::StrCat(filter_.field(), " has no range; give values"));
    }
    Values(*property);
    Range(*property);
  }

 private:
  void Add(absl::string_view field, absl::string_view reason, absl::string_view text) {
    violations_.Add(absl::StrCat(prefix_, field), reason, text);
  }
  void Values(const Property& property) {
    for (int i = 0; i < filter_.values_size(); ++i) {
      const std::string& value = filter_.values(i);
      if (value.empty() || value.size() > kMaxValueBytes || !base::IsValidUtf8(value)) {
        Add(absl::StrCat("values[", i, "]"), "VALUE_INVALID", "give 1 to 1,000 bytes of UTF-8");
      }
      if (property.kind == Property::Kind::kStock && (i > 0 || (value != "true" && value != "false"))) {
        Add(absl::StrCat("values[", i, "]"), "VALUE_INVALID", "in_stock is true or false");
      }
    }
  }
  void Range(const Property& property) {
    for (const auto& [field, there, value] :
         {std::tuple("min", filter_.has_min(), filter_.min()), std::tuple("max", filter_.has_max(), filter_.max())}) {
      if (there && !base::Decimal::FromParts(value.units(), value.nanos()).ok()) {
        Add(field, "NUMBER_INVALID", "units and nanos have one sign, nanos less than 10^9");
      }
    }
    if (filter_.has_min() && filter_.has_max() &&
        NumberOf(property, filter_.min()) > NumberOf(property, filter_.max())) {
      Add("max", "RANGE_EMPTY", "give a max that is not below min");
    }
  }

  const std::string& prefix_;
  const v1::Filter& filter_;
  base::Violations& violations_;
};

}  // namespace

std::optional<Property> PropertyOf(absl::string_view field) {
  using Kind = Property::Kind;
  static constexpr std::pair<absl::string_view, Kind> kFields[] = {
      {"brand", Kind::kBrand},    {"category", Kind::kCategory}, {"price", Kind::kPrice},
      {"in_stock", Kind::kStock}, {"product_id", Kind::kId},     {"group_id", Kind::kGroup}};
  for (const auto& [name, kind] : kFields) {
    if (field == name) return Property{kind, ""};
  }
  if (!absl::ConsumePrefix(&field, kAttributes) || field.empty()) return std::nullopt;
  return Property{Kind::kAttribute, std::string(field)};
}

std::string FieldOf(const Property& property) {
  switch (property.kind) {
    case Property::Kind::kBrand:
      return "brand";
    case Property::Kind::kCategory:
      return "category";
    case Property::Kind::kPrice:
      return "price";
    case Property::Kind::kStock:
      return "in_stock";
    case Property::Kind::kId:
      return "product_id";
    case Property::Kind::kGroup:
      return "group_id";
    case Property::Kind::kAttribute:
      return absl::StrCat(kAttributes, property.name);
    default:
      return "";
  }
}

std::vector<std::string> PathOf(absl::string_view text) {
  return text.empty() ? std::vector<std::string>() : absl::StrSplit(text, kPathSeparator);
}

std::string PathText(absl::Span<const std::string> path) { return absl::StrJoin(path, kPathSeparator); }

void CheckFilter(const std::string& prefix, const v1::Filter& filter, base::Violations& violations) {
  FilterChecker(prefix, filter, violations).Check();
}

Filter FilterFrom(const v1::Filter& filter) {
  const Property property = *PropertyOf(filter.field());
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Filter out = filter.values().empty()
                   ? Filter::Range(property, filter.has_min() ? NumberOf(property, filter.min()) : -kInfinity,
                                   filter.has_max() ? NumberOf(property, filter.max()) : kInfinity)
                   : ValuesFilter(property, filter);
  return filter.exclude() ? Filter::Not(std::move(out)) : out;
}

std::string FilterText(const v1::Filter& filter) {
  std::string text = absl::StrCat(filter.exclude() ? "not " : "", filter.field());
  if (!filter.values().empty()) return absl::StrCat(text, " is ", absl::StrJoin(filter.values(), " or "));
  if (filter.has_min()) absl::StrAppend(&text, " from ", DecimalText(filter.min()));
  if (filter.has_max()) absl::StrAppend(&text, " to ", DecimalText(filter.max()));
  return text;
}

}  // namespace kontor::search
