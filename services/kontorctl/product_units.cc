#include <map>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/status.h"
#include "services/kontorctl/row_reader.h"
#include "services/kontorctl/unit_source.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::ingest::v1;

struct Columns {
  Column product_id, brand;
  std::vector<Column> title, categories, attributes, relations;
};

Columns FindColumns(const RowReader& reader, const v1::ProductMapping& mapping, base::Violations& violations) {
  Columns c;
  if (mapping.product_id_column().empty()) {
    violations.Add("products.productIdColumn", "MISSING", "name the column");
  }
  c.product_id = reader.Find(mapping.product_id_column(), "products.productIdColumn", violations);
  c.brand = reader.Find(mapping.brand_column(), "products.brandColumn", violations);
  if (!mapping.title_column().empty()) {
    c.title.push_back(reader.Find(mapping.title_column(), "products.titleColumn", violations));
  }
  for (const auto& name : mapping.title_columns()) {
    c.title.push_back(reader.Find(name, "products.titleColumns", violations));
  }
  for (const auto& name : mapping.category_columns()) {
    c.categories.push_back(reader.Find(name, "products.categoryColumns", violations));
  }
  for (const auto& name : mapping.attribute_columns()) {
    c.attributes.push_back(reader.Find(name, "products.attributeColumns", violations));
  }
  for (const v1::RelationColumn& relation : mapping.relations()) {
    c.relations.push_back(reader.Find(relation.column(), "products.relations.column", violations));
    if (relation.separator().size() > 1) {
      violations.Add("products.relations.separator", "SEPARATOR_INVALID", "give one character, or leave it out");
    }
  }
  return c;
}

class ProductUnits : public UnitSource {
 public:
  ProductUnits(RowReader reader, v1::ImportMapping mapping, Columns columns)
      : reader_(std::move(reader)), mapping_(std::move(mapping)), columns_(std::move(columns)) {}

  bool Next(v1::ImportUnit& unit) override {
    while (reader_.Next()) {
      unit.Clear();
      unit.add_lines(reader_.line());
      if (reader_.broken() != nullptr) {
        *unit.add_row_errors() = *reader_.broken();
        return true;
      }
      const std::string id(reader_.Get(columns_.product_id));
      if (told_.contains(id)) continue;
      const std::string title = Title();
      Fill(id, title, *unit.mutable_event());
      if (columns_.title.empty() || !title.empty()) {
        told_.insert(id);
        return true;
      }
      untitled_.emplace(id, unit);
    }
    return NextUntitled(unit);
  }
  int64_t rows_read() const override { return reader_.rows(); }
  double share_read() const override { return reader_.share_read(); }

 private:
  // At the end of the file: products that no row gave a title.
  bool NextUntitled(v1::ImportUnit& unit) {
    while (!untitled_.empty()) {
      auto first = untitled_.extract(untitled_.begin());
      if (told_.contains(first.key())) continue;
      unit = std::move(first.mapped());
      return true;
    }
    return false;
  }

  std::string Title() const {
    std::string title;
    for (const Column column : columns_.title) {
      const absl::string_view part = reader_.Get(column);
      if (!part.empty()) absl::StrAppend(&title, title.empty() ? "" : " ", part);
    }
    return title;
  }

  void Fill(const std::string& id, const std::string& title, kontor::events::v1::Event& event) const {
    event.set_event_id(absl::StrCat("product/", id));
    event.set_source(mapping_.source());
    // A catalogue file says nothing of when; products stand before all orders.
    event.mutable_occurred_at()->set_seconds(631'152'000);
    auto& product = *event.mutable_product_upserted();
    product.set_product_id(id);
    product.set_title(title);
    product.set_brand(std::string(reader_.Get(columns_.brand)));
    for (const Column column : columns_.categories) {
      const absl::string_view level = reader_.Get(column);
      if (level.empty()) break;
      product.add_category_path(std::string(level));
    }
    for (size_t i = 0; i < columns_.attributes.size(); ++i) {
      const absl::string_view value = reader_.Get(columns_.attributes[i]);
      if (value.empty()) continue;
      auto& attribute = *product.add_attributes();
      attribute.set_name(mapping_.products().attribute_columns(static_cast<int>(i)));
      attribute.set_text(std::string(value));
    }
    FillRelations(product);
  }

  void FillRelations(kontor::events::v1::ProductUpserted& product) const {
    for (size_t i = 0; i < columns_.relations.size(); ++i) {
      const v1::RelationColumn& mapped = mapping_.products().relations(static_cast<int>(i));
      const absl::string_view separator = mapped.separator().empty() ? " " : absl::string_view(mapped.separator());
      for (const absl::string_view id :
           absl::StrSplit(reader_.Get(columns_.relations[i]), separator, absl::SkipWhitespace())) {
        auto& relation = *product.add_relations();
        relation.set_kind(mapped.kind());
        relation.set_product_id(std::string(absl::StripAsciiWhitespace(id)));
      }
    }
  }

  RowReader reader_;
  const v1::ImportMapping mapping_;
  const Columns columns_;
  absl::flat_hash_set<std::string> told_;
  std::map<std::string, v1::ImportUnit> untitled_;  // their first rows
};

}  // namespace

absl::StatusOr<std::unique_ptr<UnitSource>> OpenProducts(const std::string& path, const v1::ImportMapping& mapping) {
  ASSIGN_OR_RETURN(RowReader reader, RowReader::Open(path, mapping));
  base::Violations violations;
  Columns columns = FindColumns(reader, mapping.products(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return std::make_unique<ProductUnits>(std::move(reader), mapping, std::move(columns));
}

}  // namespace kontor::ctl
