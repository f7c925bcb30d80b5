#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "kontor/search/v1/search_service.pb.h"
#include "libs/base/status.h"
#include "libs/domain/search/column.h"
#include "libs/domain/search/filter.h"

// Fields and filters on the wire ↔ those of the domain.
namespace kontor::search {

inline constexpr char kPathSeparator[] = " > ";

// "brand", "category", "price", "in_stock", "product_id", "group_id", "attributes.NAME"; nothing for other texts.
std::optional<Property> PropertyOf(absl::string_view field);
std::string FieldOf(const Property& property);

// "Tools > Drills" ↔ {"Tools", "Drills"}.
std::vector<std::string> PathOf(absl::string_view text);
std::string PathText(absl::Span<const std::string> path);

// Every violation of a filter whose fields are named behind `prefix` ("filters[0].").
void CheckFilter(const std::string& prefix, const v1::Filter& filter, base::Violations& violations);
// A filter that CheckFilter lets pass.
Filter FilterFrom(const v1::Filter& filter);

// A sentence's part for traces: "brand is Bosch or Makita", "price 10 to 50", "not category Tools > Drills".
std::string FilterText(const v1::Filter& filter);

}  // namespace kontor::search
