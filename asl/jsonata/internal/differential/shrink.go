package main

// shrink takes parts away from a text for as long as the rest still has the property that keeps tells of each of several texts.
func shrink(text string, keeps func([]string) ([]bool, error)) (string, error) {
	for size := len([]rune(text)) / 2; size > 0; {
		whole := []rune(text)
		var shorter []string
		for i := 0; i+size <= len(whole); i += max(1, size/2) {
			shorter = append(shorter, string(whole[:i])+string(whole[i+size:]))
		}
		kept, err := keeps(shorter)
		if err != nil {
			return text, err
		}
		found := false
		for i, yes := range kept {
			if yes {
				text, found = shorter[i], true
				break
			}
		}
		if n := len([]rune(text)); !found {
			size /= 2
		} else if size > n/2 {
			size = n / 2
		}
	}
	return text, nil
}
