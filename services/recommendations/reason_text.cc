#include "services/recommendations/reason_text.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/platform/fleet/event_time.h"
#include "services/recommendations/training_data.h"

namespace kontor::recommendations {
namespace {

// "5 Sep 2011"
std::string DayOf(absl::Time time, absl::TimeZone zone) {
  return std::string(absl::StripLeadingAsciiWhitespace(absl::FormatTime("%e %b %Y", time, zone)));
}

// "country/France" as "France", "store/367" as "store 367".
std::string PlaceOf(absl::string_view context) {
  if (absl::ConsumePrefix(&context, CountryContext(""))) return std::string(context);
  absl::ConsumePrefix(&context, StoreContext(""));
  return absl::StrCat("store ", context);
}

std::string BoughtText(int count, const std::string& day) {
  if (count == 1) return absl::StrCat("you bought it on ", day);
  return absl::StrCat("you bought it ", count, " times, last on ", day);
}

// A reason that names a product of theirs: `with` before its name, `after` behind it; `without` where none is named.
void FillEvidence(v1::Reason::Kind kind, absl::string_view with, absl::string_view without, const Reason& reason,
                  const ServingView& view, const CatalogueView& catalogue, v1::Reason& out,
                  absl::string_view after = "") {
  out.set_kind(kind);
  if (reason.evidence == kNone) {
    out.set_text(std::string(without));
    return;
  }
  const absl::string_view product = view.IdOf(reason.evidence);
  out.set_product_id(std::string(product));
  out.set_text(absl::StrCat(with, catalogue.NameOf(product), after));
}

absl::string_view RelationText(RelationKind relation) {
  switch (relation) {
    case RelationKind::kAccessoryOf:
      return "made for ";
    case RelationKind::kCompatibleWith:
      return "works with ";
    case RelationKind::kReplaces:
      return "the successor of ";
    case RelationKind::kRequires:
      return "needed for ";
  }
  return "goes with ";
}

}  // namespace

void FillReason(const Reason& reason, const ServingView& view, const CatalogueView& catalogue, absl::TimeZone zone,
                v1::Reason& out) {
  out.set_share(reason.share);
  switch (reason.kind) {
    case ReasonKind::kBoughtBefore: {
      const absl::Time last = absl::FromUnixSeconds(reason.last_time_seconds);
      out.set_kind(v1::Reason::KIND_BOUGHT_BEFORE);
      out.set_count(reason.count);
      fleet::SetTime(last, *out.mutable_last_time());
      out.set_text(BoughtText(reason.count, DayOf(last, zone)));
      return;
    }
    case ReasonKind::kDueAgain: {
      const absl::Time last = absl::FromUnixSeconds(reason.last_time_seconds);
      out.set_kind(v1::Reason::KIND_DUE_AGAIN);
      out.set_count(reason.count);
      fleet::SetTime(last, *out.mutable_last_time());
      out.set_text(absl::StrCat("time to buy it again: ", BoughtText(reason.count, DayOf(last, zone))));
      return;
    }
    case ReasonKind::kBoughtTogether:
      return FillEvidence(v1::Reason::KIND_BOUGHT_TOGETHER, "often bought with ", "goes with what you have", reason,
                          view, catalogue, out);
    case ReasonKind::kNextInSequence:
      return FillEvidence(v1::Reason::KIND_NEXT_IN_SEQUENCE, "often bought after ", "often bought next", reason, view,
                          catalogue, out);
    case ReasonKind::kSameSession:
      return FillEvidence(v1::Reason::KIND_SAME_SESSION, "others who looked at ", "seen in visits like this one",
                          reason, view, catalogue, out, " looked at it too");
    case ReasonKind::kSimilarContent:
      return FillEvidence(v1::Reason::KIND_SIMILAR_CONTENT, "similar to ", "similar to what you chose", reason, view,
                          catalogue, out);
    case ReasonKind::kGoesWith:
      return FillEvidence(v1::Reason::KIND_GOES_WITH, RelationText(reason.relation), "goes with what you have", reason,
                          view, catalogue, out);
    case ReasonKind::kMatchesTaste:
      out.set_kind(v1::Reason::KIND_MATCHES_TASTE);
      out.set_text("matches your taste");
      return;
    case ReasonKind::kNewItem:
      out.set_kind(v1::Reason::KIND_NEW_ITEM);
      out.set_text("new here");
      return;
    case ReasonKind::kRecentlyViewed:
      out.set_kind(v1::Reason::KIND_RECENTLY_VIEWED);
      out.set_text("you looked at it");
      return;
    case ReasonKind::kSimilarCustomers:
      out.set_kind(v1::Reason::KIND_SIMILAR_CUSTOMERS);
      out.set_text("bought by customers with similar baskets");
      return;
    case ReasonKind::kPopularInContext: {
      const std::string place =
          reason.context == kNone ? "this shop" : PlaceOf(view.model().catalogue().contexts.At(reason.context));
      out.set_kind(v1::Reason::KIND_POPULAR_IN_CONTEXT);
      out.set_context(place);
      out.set_text(absl::StrCat("popular in ", place));
      return;
    }
    case ReasonKind::kPopular:
      out.set_kind(v1::Reason::KIND_POPULAR);
      out.set_text("popular with all customers");
      return;
  }
}

}  // namespace kontor::recommendations
