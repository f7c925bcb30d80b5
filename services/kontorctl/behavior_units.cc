#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "services/kontorctl/row_reader.h"
#include "services/kontorctl/unit_source.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::ingest::v1;
using kontor::events::v1::CartChanged;
using kontor::events::v1::Event;

struct Columns {
  Column type, occurred_at, visitor_id, customer_id, session_id, product_id, country, device, query, placement, rank;
};

Columns FindColumns(const RowReader& reader, const v1::BehaviorMapping& mapping, base::Violations& violations) {
  const auto find = [&](const std::string& name, const char* field, bool required) {
    if (required && name.empty()) {
      violations.Add(absl::StrCat("behavior.", field), "MISSING", "name the column");
    }
    return reader.Find(name, absl::StrCat("behavior.", field), violations);
  };
  Columns c;
  c.type = find(mapping.type_column(), "typeColumn", true);
  c.occurred_at = find(mapping.occurred_at_column(), "occurredAtColumn", true);
  c.visitor_id = find(mapping.visitor_id_column(), "visitorIdColumn", false);
  c.customer_id = find(mapping.customer_id_column(), "customerIdColumn", false);
  c.session_id = find(mapping.session_id_column(), "sessionIdColumn", false);
  c.product_id = find(mapping.product_id_column(), "productIdColumn", false);
  c.country = find(mapping.country_column(), "countryColumn", false);
  c.device = find(mapping.device_column(), "deviceColumn", false);
  c.query = find(mapping.query_column(), "queryColumn", false);
  c.placement = find(mapping.placement_column(), "placementColumn", false);
  c.rank = find(mapping.rank_column(), "rankColumn", false);
  return c;
}

kontor::events::v1::DeviceClass DeviceOf(absl::string_view name) {
  if (name == "desktop") return kontor::events::v1::DEVICE_CLASS_DESKTOP;
  if (name == "mobile") return kontor::events::v1::DEVICE_CLASS_MOBILE;
  if (name == "tablet") return kontor::events::v1::DEVICE_CLASS_TABLET;
  return kontor::events::v1::DEVICE_CLASS_UNSPECIFIED;
}

class BehaviorUnits : public UnitSource {
 public:
  BehaviorUnits(RowReader reader, v1::ImportMapping mapping, Columns columns)
      : reader_(std::move(reader)), mapping_(std::move(mapping)), columns_(columns) {}

  bool Next(v1::ImportUnit& unit) override {
    if (!reader_.Next()) return false;
    unit.Clear();
    unit.add_lines(reader_.line());
    auto& errors = *unit.mutable_row_errors();
    if (reader_.broken() != nullptr) {
      *errors.Add() = *reader_.broken();
      return true;
    }
    Event event;
    const bool timed = reader_.Time(columns_.occurred_at, *event.mutable_occurred_at(), errors);
    if (!FillPayload(event)) {
      reader_.AddError(columns_.type, "TYPE_UNKNOWN",
                       absl::StrCat("\"", reader_.Get(columns_.type), "\" is no behaviour; see BehaviorMapping"),
                       errors);
    } else if (timed) {
      Describe(event);
      *unit.mutable_event() = std::move(event);
    }
    return true;
  }
  int64_t rows_read() const override { return reader_.rows(); }
  double share_read() const override { return reader_.share_read(); }

 private:
  void Describe(Event& event) const {
    event.set_source(mapping_.source());
    event.set_event_id(absl::StrCat("line/", reader_.line()));
    auto& actor = *event.mutable_actor();
    actor.set_visitor_id(std::string(reader_.Get(columns_.visitor_id)));
    actor.set_customer_id(std::string(reader_.Get(columns_.customer_id)));
    actor.set_session_id(std::string(reader_.Get(columns_.session_id)));
    auto& where = *event.mutable_circumstances();
    where.set_country(std::string(reader_.Get(columns_.country)));
    where.set_device(DeviceOf(reader_.Get(columns_.device)));
    where.set_channel(mapping_.behavior().channel());
  }

  bool FillPayload(Event& event) const {
    const absl::string_view type = reader_.Get(columns_.type);
    const std::string product(reader_.Get(columns_.product_id));
    const std::string placement(reader_.Get(columns_.placement));
    int rank = 0;
    if (!absl::SimpleAtoi(reader_.Get(columns_.rank), &rank)) rank = 0;
    if (type == "page_viewed") {
      event.mutable_page_viewed()->set_page(placement);
    } else if (type == "product_viewed") {
      event.mutable_product_viewed()->set_product_id(product);
    } else if (type == "items_shown") {
      event.mutable_items_shown()->set_placement(placement);
      event.mutable_items_shown()->set_first_rank(rank);
      event.mutable_items_shown()->add_product_ids(product);
    } else if (type == "item_clicked") {
      event.mutable_item_clicked()->set_placement(placement);
      event.mutable_item_clicked()->set_rank(rank);
      event.mutable_item_clicked()->set_product_id(product);
    } else if (type == "searched") {
      event.mutable_searched()->set_query(std::string(reader_.Get(columns_.query)));
    } else if (type == "cart_added" || type == "cart_removed") {
      event.mutable_cart_changed()->set_change(type == "cart_added" ? CartChanged::CHANGE_ADDED
                                                                    : CartChanged::CHANGE_REMOVED);
      event.mutable_cart_changed()->set_product_id(product);
    } else if (type == "checkout_started") {
      event.mutable_checkout_started();
    } else {
      return false;
    }
    return true;
  }

  RowReader reader_;
  const v1::ImportMapping mapping_;
  const Columns columns_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<UnitSource>> OpenBehavior(const std::string& path, const v1::ImportMapping& mapping) {
  ASSIGN_OR_RETURN(RowReader reader, RowReader::Open(path, mapping));
  base::Violations violations;
  const Columns columns = FindColumns(reader, mapping.behavior(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return std::make_unique<BehaviorUnits>(std::move(reader), mapping, columns);
}

}  // namespace kontor::ctl
