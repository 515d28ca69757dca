package migrate

// Decided returns an error where rows that somebody wrote since would be taken out and
// nobody said what to do, or what was said cannot be done. A plan takes nothing out, and
// what is left of a batch that failed needs no decision.
func (r RevertRequest) Decided(report RevertReport) error {
	if r.PlanOnly || r.Incomplete || report.Losses() == 0 {
		return nil
	}
	switch r.Decide {
	case Discard:
		return nil
	case Keep:
		var names []string
		for _, t := range report.Tables {
			if t.Written != 0 || t.Gone != 0 {
				names = append(names, t.Name)
			}
		}
		return &KeepError{Tables: names}
	case Ask:
	}
	return &UndecidedError{Report: report}
}
